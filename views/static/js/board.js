/* The board refreshes by itself: every few seconds it asks for what changed, keeps focus, scroll and
   whatever is open or chosen, pauses while nobody looks, and says when the connection is lost.
   Without this script the page reloads every half minute. */
(function () {
  "use strict";
  var board = document.getElementById("board");
  if (!board || !window.fetch) { return; }
  var live = board.querySelector("[data-live]"), at = board.querySelector("[data-as-of]"),
    lost = board.querySelector("[data-lost]"), every = Number(board.dataset.seconds) * 1000,
    stamp = "", timer = 0, busy = false, misses = 0;

  function kept() {
    var chosen = [].map.call(live.querySelectorAll("input[type=radio]:checked"), function (one) { return one.id; });
    var active = document.activeElement, inside = active && live.contains(active);
    return {
      chosen: chosen,
      focus: inside ? { id: active.id, name: active.name, value: active.value, place: placeOf(active) } : null,
      top: window.scrollY,
      anchor: firstSeen()
    };
  }
  function placeOf(one) { var found = one.closest(".place"); return found ? found.id : ""; }
  function firstSeen() {
    var found = [].find.call(live.querySelectorAll(".centre[id], .place[id]"), function (one) {
      return one.getBoundingClientRect().bottom > 0;
    });
    return found ? { id: found.id, y: found.getBoundingClientRect().top } : null;
  }
  function restore(was) {
    was.chosen.forEach(function (id) { var one = document.getElementById(id); if (one) { one.checked = true; } });
    var anchor = was.anchor && document.getElementById(was.anchor.id);
    window.scrollTo(window.scrollX, anchor && was.top > 0 ? window.scrollY + anchor.getBoundingClientRect().top - was.anchor.y : was.top);
    if (was.focus) {
      var again = was.focus.id ? document.getElementById(was.focus.id) : null;
      var place = !again && was.focus.place && document.getElementById(was.focus.place);
      if (place) {
        again = [].find.call(place.querySelectorAll("button, a, input"), function (one) {
          return one.name === was.focus.name && one.value === was.focus.value;
        });
      }
      if (again) { again.focus({ preventScroll: true }); }
    }
  }
  function show(html) {
    var was = kept();
    live.innerHTML = html;
    restore(was);
  }
  function seen(answer) {
    misses = 0;
    lost.hidden = true;
    if (answer.headers.get("X-As-Of")) { at.textContent = answer.headers.get("X-As-Of"); }
  }
  function ask() {
    if (busy || document.hidden) { return; }
    busy = true;
    var headers = { "X-Requested-With": "fetch" };
    if (stamp) { headers["If-None-Match"] = stamp; }
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, every * 2);
    fetch(board.dataset.now, { headers: headers, credentials: "same-origin", cache: "no-store", redirect: "manual", signal: stop.signal })
      .then(function (answer) {
        if (answer.status === 304) { seen(answer); return null; }
        if (answer.type === "opaqueredirect" || answer.status === 401) { window.location.reload(); return null; }
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text().then(function (html) {
          stamp = answer.headers.get("ETag") || "";
          show(html);
          seen(answer);
        });
      })
      .catch(function () { misses += 1; lost.hidden = false; })
      .then(function () { clearTimeout(late); busy = false; });
  }
  function start() { if (!timer) { timer = setInterval(ask, every); } }
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { clearInterval(timer); timer = 0; } else { ask(); start(); }
  });
  window.addEventListener("online", ask);
  window.addEventListener("offline", function () { lost.hidden = false; });
  start();
})();
