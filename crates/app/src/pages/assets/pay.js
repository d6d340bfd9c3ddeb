'use strict';
(function () {
  var main = document.querySelector('main');
  var ticking = null;
  var fallback = null;
  var stream = null;
  var asking = false;
  var again = false;

  // Counts what the server said is left, so that a wrong clock on the device does no harm.
  function count() {
    clearInterval(ticking);
    var clock = main.querySelector('[role="timer"] strong');
    if (!clock) {
      return;
    }
    var end = performance.now() + Number(main.dataset.left) * 1000;
    ticking = setInterval(function () {
      var left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      var hours = Math.floor(left / 3600);
      var minutes = Math.floor(left / 60) % 60;
      var seconds = String(left % 60).padStart(2, '0');
      clock.textContent = hours ? hours + ':' + String(minutes).padStart(2, '0') + ':' + seconds : minutes + ':' + seconds;
      if (left === 0) {
        clearInterval(ticking);
        setTimeout(ask, 1000);
      }
    }, 250);
  }

  // The status stays the element it was: screen readers say what changes in it.
  function show(text) {
    var page = new DOMParser().parseFromString(text, 'text/html');
    var fresh = page.querySelector('main');
    var status = main.querySelector('.status');
    var news = fresh.querySelector('.status');
    document.title = page.title;
    main.className = fresh.className;
    ['revision', 'refresh', 'events', 'left'].forEach(function (name) {
      if (name in fresh.dataset) {
        main.dataset[name] = fresh.dataset[name];
      } else {
        delete main.dataset[name];
      }
    });
    status.className = news.className;
    status.innerHTML = news.innerHTML;
    Array.from(main.children).forEach(function (child) {
      if (child !== status) {
        child.remove();
      }
    });
    var before = true;
    Array.from(fresh.children).forEach(function (child) {
      if (child === news) {
        before = false;
      } else {
        main.insertBefore(child, before ? status : null);
      }
    });
    count();
    follow();
  }

  // The page as it is now. What was told while it was on its way is asked for after it.
  function ask() {
    if (asking) {
      again = true;
      return;
    }
    if (!window.fetch || !window.AbortController) {
      location.reload();
      return;
    }
    asking = true;
    again = false;
    var patience = new AbortController();
    var limit = setTimeout(function () {
      patience.abort();
    }, 10000);
    fetch(location.href, { headers: { Accept: 'text/html' }, signal: patience.signal })
      .then(function (answer) {
        if (!answer.ok && answer.status !== 404) {
          throw new Error(answer.status);
        }
        return answer.text();
      })
      .then(show)
      .catch(askLater)
      .then(function () {
        clearTimeout(limit);
        asking = false;
        if (again) {
          ask();
        }
      });
  }

  function askLater() {
    if (fallback === null) {
      fallback = setTimeout(function () {
        fallback = null;
        ask();
      }, Number(main.dataset.refresh || 5) * 1000);
    }
  }

  function askNoMore() {
    clearTimeout(fallback);
    fallback = null;
  }

  function follow() {
    if (!main.dataset.events) {
      askNoMore();
      if (stream) {
        stream.close();
      }
      return;
    }
    if (!window.EventSource) {
      askLater();
      return;
    }
    if (stream && stream.readyState !== EventSource.CLOSED) {
      return;
    }
    stream = new EventSource(main.dataset.events);
    stream.addEventListener('payment', function (event) {
      if (event.lastEventId !== main.dataset.revision) {
        ask();
      }
    });
    stream.onopen = askNoMore;
    stream.onerror = askLater;
  }

  count();
  follow();
  // A phone that slept has lost the stream, and perhaps its clock.
  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'visible' && main.dataset.events) {
      ask();
    }
  });
}());
