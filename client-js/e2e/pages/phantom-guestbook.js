/* PhantomJS reads the guestbook of examples/legacy (argument 1), signs it with argument 2, waits for an entry with
   argument 3, and prints what it saw as JSON. ES3. */
var args = require('system').args;
var page = require('webpage').create();
var seen = { errors: [] }, signed = false, began = new Date().getTime();

page.onError = function (text) { seen.errors.push(text); };

function end(code) {
  console.log(JSON.stringify(seen));
  phantom.exit(code);
}

page.open(args[1], function (status) {
  if (status !== 'success') { seen.errors.push('could not open the page'); return end(1); }
  setInterval(function () {
    var now = page.evaluate(function () {
      return { bar: $('#live').text(), note: $('#note').text(), entries: $('#entries').text(), jquery: $.fn.jquery };
    });
    seen.bar = now.bar;
    seen.note = now.note;
    seen.jquery = now.jquery;
    seen.own = now.entries.indexOf(args[2]) >= 0;
    seen.other = now.entries.indexOf(args[3]) >= 0;
    if (!signed && /reading now|only reader/.test(now.bar)) {
      signed = true;
      page.evaluate(function (text) {
        $('#name').val('PhantomJS');
        $('#text').val(text);
        $('#sign').submit();
      }, args[2]);
    }
    if (seen.own && seen.other && seen.note) { end(0); }
    if (new Date().getTime() - began > 20000) { seen.errors.push('not within 20 s'); end(1); }
  }, 100);
});
