// Chat 1: ask, show, wait two seconds, ask again. `last` is the number of the last message that this page has.
var last = 0;

function ask() {
  request('GET', 'polling/messages?after=' + last, null, function (problem, body) {
    var news = problem ? [] : JSON.parse(body), i;
    if (news.length && news[0].number <= last) clearLog(); // the server was restarted and counts anew
    for (i = 0; i < news.length; i++) {
      show(news[i]);
      last = news[i].number;
    }
    setStatus(problem ? 'Asking again: ' + problem : 'Asks every 2 seconds');
    setTimeout(ask, 2000);
  });
}

onSay(post('polling/say'));
ask();
