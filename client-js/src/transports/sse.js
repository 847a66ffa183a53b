// sse: an EventSource stream down, POSTs up. A ticket, asked for by a POST, stands for the session in its URL.

var sse = {
  name_: 'sse',

  can_: function () {
    return env('EventSource') && longpoll.can_();
  },

  open_: function (c) {
    var Source = env('EventSource'), es;

    // sure: a failure speaks against the stream, as nothing else can be wrong
    function stream(query, sure, onmessage) {
      es = new Source(url + 'sse?' + query + (legacy || marks[1].weight > 1 ? '&pad=1' : ''), { withCredentials: !!opts.credentials });
      es.onmessage = onmessage;
      // the browser must not reconnect by itself: which rung comes next is the ladder's to say
      es.onerror = function () {
        ended(c, 0, '', 0, sure && !c.heard_ ? 2 : undefined);
      };
      arm(c, patience(1500));
    }

    function attach(sure) {
      stream('t=' + ticket.text_ + '&n=' + (c.n_ = ++n) + '&got=' + (said = got), sure, function (e) {
        heard(c, e.data);
      });
    }

    function begin() {
      if (es) es.close();
      if (ticket && ticket.n_ == n) {
        attach();
      } else {
        ask(c, 'polling', { ticket: 1 }, 0, function () {
          attach(ticket.n_ == n);
        });
      }
    }

    c.flush_ = function (tell) {
      upload(c, tell);
    };
    c.close_ = function () {
      if (es) {
        es.onmessage = es.onerror = nothing;
        es.close();
      }
    };
    // while something else carries: prove that a stream gets through, then attach
    if (live && live.rung_ > 1) stream('', 1, begin);
    else begin();
  }
};
