// The page works without this script: the form posts, the server answers with the page. With it, orders come and change
// as they do on the server, in all windows.
(function () {
  'use strict';

  function byId(id) { return document.getElementById(id); }

  // The cookie goes with the handshake by itself.
  var rt = everwire.connect('/everwire/');

  rt.on('order', show);
  rt.on('connect', carried);
  rt.on('transport', carried);
  rt.on('resume', carried);
  rt.on('disconnect', function (why) {
    if (why.code === 4100) location.href = '/login'; // logged out, here or in another window
  });
  rt.on('error', function (err) {
    if (err.code === 'auth') location.href = '/login'; // the login has expired meanwhile
    else status('Ended: ' + err.message);
  });

  function carried() { status('Live over ' + rt.transport); }

  // There is no event for a connection that broke: mostly there is another one at once. A longer while is worth a word.
  setInterval(function () {
    if (rt.state === 'resuming' || rt.state === 'opening') status('Out of reach, trying again');
  }, 1000);

  function status(text) {
    if (byId('status').textContent !== text) byId('status').textContent = text;
  }

  // show puts an order into the table, or changes the one that is there: it may come twice, in the page and by the session.
  function show(o) {
    var row = document.querySelector('tr[data-number="' + o.number + '"]'), i, stage, button;
    if (!row) {
      row = byId('orders').insertRow(0);
      row.setAttribute('data-number', o.number);
      for (i = 0; i < 4; i++) row.insertCell(-1);
      row.cells[0].textContent = o.number;
      row.cells[1].textContent = o.what;
      byId('none').hidden = true;
    }
    stage = document.createElement('span');
    stage.className = 'stage ' + o.stage;
    stage.textContent = o.stage;
    row.cells[2].textContent = '';
    row.cells[2].appendChild(stage);
    row.cells[3].textContent = '';
    if (o.stage === 'placed') {
      button = document.createElement('button');
      button.className = 'quiet';
      button.textContent = 'Cancel';
      button.setAttribute('aria-label', 'Cancel order ' + o.number);
      button.onclick = function () { cancel(o.number, button); };
      row.cells[3].appendChild(button);
    }
  }

  function cancel(number, button) {
    button.disabled = true;
    rt.emit('cancel', number, function (err) { problem(err ? 'Order ' + number + ': ' + err.message : ''); });
  }

  function problem(text) { byId('problem').textContent = text; }

  // The form is posted as it would be anyway; what it did comes back as an event.
  byId('place').onsubmit = function () {
    var form = this, xhr = new XMLHttpRequest();
    xhr.open('POST', form.action);
    xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    xhr.onload = function () {
      if (xhr.status >= 400) return problem(xhr.responseText);
      problem('');
      form.reset();
    };
    xhr.onerror = function () { problem('No answer: look at the list before you order again.'); };
    xhr.send('what=' + encodeURIComponent(byId('what').value));
    return false;
  };
})();
