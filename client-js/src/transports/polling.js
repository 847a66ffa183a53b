// polling: a POST now and then, with frames both ways.

var polling = {
  name_: 'polling',

  needs_: 'XMLHttpRequest',

  open_: function (c) {
    var interval = 0, asking;

    // ready: there is something to send that may be sent
    function ready() {
      return !(sending || rest || !(queue[0] || extras[0]));
    }

    function poll() {
      cancel(c.timer_);
      // a leg has asked for the session since the last poll: another one would take it back
      if (c.n_ < n && busy(0)) {
        c.timer_ = later(poll, 500);
        return;
      }
      c.next_ = 0;
      asking = 1;
      ask(c, 'polling', {}, c.since_ && !sending && !rest, function (news) {
        var bounds = hints.poll;
        asking = 0;
        interval = news ? bounds[0] : Math.min(interval * 1.5 || bounds[0], bounds[1]);
        c.timer_ = later(poll, ready() ? 0 : c.next_ || (hidden() ? bounds[1] : interval));
      });
    }

    c.flush_ = function () {
      if (!asking && ready()) poll();
    };
    poll();
  }
};
