// What was added to make the guestbook live. ES3, like all of this page.
// It starts a moment after `load`: old engines count a stream that was opened before as a part of the page, which then
// never ends to load.
$(window).load(function () { setTimeout(live, 0); });

function live() {
  var rt = everwire.connect('/everwire/');

  // An entry comes once in the page or by the session, or in both: the number tells.
  rt.on('signed', function (entry) {
    if (document.getElementById('entry' + entry.number)) { return; }
    var by = $('<p class="by"></p>').append($('<b></b>').text(entry.name)).append(document.createTextNode(' wrote on ' + entry.date + ':'));
    var div = $('<div class="entry"></div>').attr('id', 'entry' + entry.number).append(by).append($('<p class="line"></p>').text(entry.text));
    $('#entries').prepend(div);
  });

  rt.on('readers', function (n) {
    $('#live').text(n === 1 ? 'You are the only reader now.' : n + ' people are reading now.');
  });

  // While there is a connection an entry goes by it; else the browser posts the form, as ever.
  $('#sign').submit(function () {
    var form = this;
    if (rt.state !== 'live' || problem(form)) { return; }
    rt.emit('sign', { name: form.name.value, text: form.text.value }, function (err) {
      $('#note').text(err ? 'That did not work: ' + err.message : 'Thank you!');
      if (!err) { form.text.value = ''; }
    });
    return false;
  });
}
