'use strict';
(function () {
  var main = document.querySelector('main');
  var clock = document.querySelector('[role="timer"] strong');
  var reloading = false;

  function reload() {
    if (!reloading) {
      reloading = true;
      location.reload();
    }
  }

  // Counts what the server said is left, so that a wrong clock on the device does no harm.
  if (clock) {
    var end = performance.now() + Number(main.dataset.left) * 1000;
    var ticking = setInterval(function () {
      var left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      var hours = Math.floor(left / 3600);
      var minutes = Math.floor(left / 60) % 60;
      var seconds = String(left % 60).padStart(2, '0');
      clock.textContent = hours ? hours + ':' + String(minutes).padStart(2, '0') + ':' + seconds : minutes + ':' + seconds;
      if (left === 0) {
        clearInterval(ticking);
        setTimeout(reload, 1000);
      }
    }, 250);
  }

  if (!main.dataset.events) {
    return;
  }
  var fallback = null;
  function askLater() {
    if (fallback === null) {
      fallback = setTimeout(reload, Number(main.dataset.refresh) * 1000);
    }
  }
  if (window.EventSource) {
    var stream = new EventSource(main.dataset.events);
    stream.addEventListener('payment', function (event) {
      if (event.lastEventId !== main.dataset.revision) {
        reload();
      }
    });
    stream.onopen = function () {
      clearTimeout(fallback);
      fallback = null;
    };
    stream.onerror = askLater;
  } else {
    askLater();
  }
  // A phone that slept has lost the stream, and perhaps its clock.
  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'visible') {
      reload();
    }
  });
}());
