// Chat 5: the client picks the transport, numbers, resumes and repeats. The ack says that it was said.
var rt = everwire.connect('/everwire/');

rt.on('connect', clearLog); // a new session brings the history with it
rt.on('said', show);

function carried() { setStatus('Carried by ' + rt.transport); }
rt.on('connect', carried);
rt.on('transport', carried);
rt.on('resume', carried);
setInterval(function () { // there is no event for a connection that broke: mostly there is another one at once
  if (rt.state === 'resuming' || rt.state === 'opening') setStatus('Nothing carries it: what is said is kept');
}, 1000);

onSay(function (name, text, done) {
  rt.emit('say', { name: name, text: text }, function (err) { done(err ? err.message : ''); });
});
