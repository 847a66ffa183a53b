/* PhantomJS runs a script, not a URL: this one opens the URL that is its argument. ES3. */
var page = require('webpage').create();
var url = require('system').args[1];
page.onConsoleMessage = function (text) { console.log(text); };
page.onError = function (text, trace) {
  var i, at = '';
  for (i = 0; i < trace.length; i++) { at += ' ' + trace[i].file + ':' + trace[i].line; }
  console.log('error: ' + text + at);
};
page.open(url, function (status) {
  if (status !== 'success') { console.log('could not open ' + url); phantom.exit(1); }
});
