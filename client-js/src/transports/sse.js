// sse: an EventSource stream down, POSTs up. A ticket, asked for by a POST, stands for the session in its URL.

var sse = {
  name_: 'sse',

  needs_: 'EventSource',

  open_: function (c) {
    var Source = env('EventSource'), es;

    // sure: a failure speaks against the stream, as nothing else can be wrong
    function stream(query, sure, onmessage) {
      try {
        es = new Source(url + 'sse?' + query + (LEGACY || marks[1].weight > 1 ? '&pad=1' : ''), { withCredentials: opts.credentials });
      } catch (e) {
        // PhantomJS 1.9, Safari 5: another origin
        return ended(c, 0, 'failed', 0, 2);
      }
      es.onmessage = onmessage;
      // the browser must not reconnect by itself: which rung comes next is the ladder's to say
      es.onerror = function () {
        ended(c, 0, '', 0, sure && !c.heard_ ? 2 : null);
      };
      c.close_ = function () {
        es.onmessage = es.onerror = nothing;
        es.close();
      };
      arm(c, patience(1500));
    }

    function attach(sure) {
      stream('t=' + ticket.text_ + '&n=' + (c.n_ = ++n) + '&got=' + (said = got), sure, function (e) {
        heard(c, e.data);
      });
    }

    function begin() {
      c.close_();
      if (ticket && ticket.n_ == n) {
        attach();
      } else {
        ask(c, 'polling', { ticket: 1 }, 0, function () {
          // a newer attach is under way, and the ticket is dead or soon will be: that one carries, or this begins anew
          if (ticket.n_ == n) attach(1);
          else c.timer_ = later(begin, patience(500));
        });
      }
    }

    c.flush_ = function (tell) {
      upload(c, tell);
    };
    // while something else carries: prove that a stream gets through, then attach
    if (live && live.rung_ > 1) stream('', 1, begin);
    else begin();
  }
};
