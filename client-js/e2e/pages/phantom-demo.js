/* PhantomJS opens the demo, says something, and prints what the page shows as one line of JSON after so many seconds, or
   up to 12 later, when all has arrived. ES3. */
var page = require('webpage').create(), args = require('system').args, exceptions = [], waited = 0;
page.viewportSize = { width: 1024, height: 768 };
page.onError = function (text) { exceptions.push(text); };

/* read is run in the page. */
function read() {
  var fields = ['state', 'received', 'emitted', 'lost', 'repeated', 'p50'], out = { panels: {} }, i, j, p, shown;
  out.legacy = demo.legacy;
  out.base = demo.base;
  out.status = document.getElementById('status').textContent;
  for (i = 0; i < demo.panels.length; i++) {
    p = demo.panels[i];
    shown = out.panels[p.name] = {};
    shown.all = p.all_;
    for (j = 0; j < fields.length; j++) shown[fields[j]] = p.fields[fields[j]].textContent;
  }
  return out;
}

page.open(args[1], function (status) {
  if (status !== 'success') {
    console.log('could not open ' + args[1]);
    phantom.exit(1);
    return;
  }
  setTimeout(function () {
    page.evaluate(function () {
      var i;
      function listen(p) {
        p.all_ = '';
        p.rt.on('event', function (m) { if (m.say) p.all_ += m.say + ';'; });
      }
      for (i = 0; i < demo.panels.length; i++) listen(demo.panels[i]);
      document.getElementById('text').value = 'from an old engine';
      document.getElementById('say').onsubmit();
    });
  }, 2500);
  setTimeout(function () { /* silence, so that all can arrive */
    page.evaluate(function () {
      document.getElementById('rate').value = '0';
      document.getElementById('rate').onchange();
    });
  }, +args[2] * 1000 - 3000);
  setTimeout(function look() {
    var out = page.evaluate(read), name, f;
    for (name in out.panels) {
      f = out.panels[name];
      if (f.received !== f.emitted && (waited += 250) < 12000) {
        setTimeout(look, 250);
        return;
      }
    }
    out.exceptions = exceptions;
    out.waited = waited;
    if (args[3]) page.render(args[3]);
    console.log(JSON.stringify(out));
    phantom.exit(0);
  }, +args[2] * 1000);
});
