/* Chooses the build of the client: the legacy one where the engine lacks JSON, addEventListener, typed arrays or a
   WebSocket of RFC 6455 (the drafts before it had no binaryType). ES3, as all scripts of this page. */
(function () {
  var ws = window.WebSocket, old = !window.JSON || !window.addEventListener || !window.Uint8Array || !ws ||
    !(ws.prototype && 'binaryType' in ws.prototype || ws.CLOSING === 2 && window.performance && performance.now);
  window.demo = { legacy: old || location.search === '?legacy' };
  document.documentElement.className = 'script';
  document.write('<script src="/everwire/client' + (demo.legacy ? '.legacy' : '') + '.js"><\/script>');
})();
