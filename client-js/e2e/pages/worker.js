/* The conversation in a web worker: told what to talk about by a message, it reports every now and then. ES3. */
/* global importScripts, self, converse, complete, report */
importScripts('/dist/everwire.min.js', 'conversation.js');

self.onmessage = function (e) {
  var o = e.data, seen = converse(o);
  setInterval(function () {
    self.postMessage({complete: complete(seen, o), report: report(seen)});
  }, 50);
};
