// Chat 2: ask, wait for the answer however long it takes, and ask again at once.
var last = 0;

function ask() {
  setStatus('Asks, and is answered when there is news');
  request('GET', 'longpoll/messages?after=' + last, null, function (problem, body) {
    var news = problem ? [] : JSON.parse(body), i;
    if (news.length && news[0].number <= last) clearLog(); // the server was restarted and counts anew
    for (i = 0; i < news.length; i++) {
      show(news[i]);
      last = news[i].number;
    }
    if (problem) setStatus('Asking again: ' + problem);
    setTimeout(ask, problem ? 2000 : 0); // not at once where it fails, or it would be a storm
  });
}

onSay(post('longpoll/say'));
ask();
