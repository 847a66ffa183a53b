// What the five pages have in common: the list, the form, a request. How messages come and go is in a script of each.
// In the syntax of ES3, as the oldest pages could have it.

function byId(id) { return document.getElementById(id); }

// show puts a message into the list, as text.
function show(m) {
  var item = document.createElement('li'), name = document.createElement('b');
  name.appendChild(document.createTextNode(m.name));
  item.appendChild(name);
  item.appendChild(document.createTextNode(' ' + m.text));
  byId('log').appendChild(item);
  byId('log').scrollTop = byId('log').scrollHeight;
}

function clearLog() { byId('log').innerHTML = ''; }

var said = '';

function setStatus(text) {
  if (text === said) return;
  said = text;
  byId('status').innerHTML = '';
  byId('status').appendChild(document.createTextNode(text));
}

// onSay calls say(name, text, done) when somebody says something; done(problem) empties the field if there is none.
function onSay(say) {
  byId('form').onsubmit = function () {
    var field = byId('text'), text = field.value;
    say(byId('name').value, text, function (problem) {
      if (problem) setStatus('Perhaps not said: ' + problem);
      else if (field.value === text) field.value = '';
    });
    return false;
  };
}

// request calls done(problem, body).
function request(method, url, body, done) {
  var xhr = new XMLHttpRequest();
  xhr.open(method, url, true);
  if (body !== null) xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
  xhr.onreadystatechange = function () {
    if (xhr.readyState !== 4) return;
    if (xhr.status >= 200 && xhr.status < 300) done('', xhr.responseText);
    else done(xhr.status ? 'the server answers ' + xhr.status : 'no answer');
  };
  xhr.send(body);
}

// post says it over HTTP, as chats 1 to 3 do. If the answer is lost, the message may have been said or not.
function post(url) {
  return function (name, text, done) {
    request('POST', url, 'name=' + encodeURIComponent(name) + '&text=' + encodeURIComponent(text), done);
  };
}

byId('name').value = 'guest ' + (10 + Math.floor(Math.random() * 90));
