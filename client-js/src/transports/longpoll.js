// longpoll: a POST that the server holds until it has frames; POSTs of their own up.

var longest = 25e3, cutAt = 0,  // the hold that gets through here; the age at which a poll was cut
  longpoll = {
    name_: 'longpoll',

    needs_: 'XMLHttpRequest',

    open_: function (c) {
      c.flush_ = function () {
        upload(c);
      };

      c.poll_ = function () {
        // the first is answered at once: the proof
        var start = now(), wait = c.since_ ? Math.min(longest, hints.wait) : 1;
        // a leg has asked for the session since the last poll: another one would take it back
        if (c.n_ < n && busy(0)) c.timer_ = later(c.poll_, 500);
        else ask(c, 'longpoll', { wait: wait }, 0, function (news) {
          // an answer that nobody held is not asked for again in haste
          c.timer_ = later(c.poll_, news || wait == 1 || now() - start > wait / 2 ? 0 : 1e3);
        }, function (error) {
          var age = now() - start, weight;
          // cut again at about the same age: something on the way has had enough
          if (!error[2] && age > 3e3) {
            weight = 0;
            if (Math.abs(age - cutAt) < age / 5) longest = Math.min(longest, age * .75 | 0);
            if (longest < 5e3) weight = 2;
            cutAt = age;
          }
          ended(c, error[1], error[2], error[3], weight);
        });
      };
      c.poll_();
    }
  };
