/* The dashboards' own script: filters into the address, map and table linked, an ended session noticed. */
"use strict";
(function () {
  const CALLBACK = /\/dashboards\/[a-z]+\/_dash-/;

  /* Moves the page to another query without loading it again, as Dash's own links do. */
  function go(search) {
    window.history.pushState({}, "", window.location.pathname + search);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo({ top: 0 });
  }

  document.addEventListener("change", function (event) {
    const select = event.target.closest("select[data-filter]");
    if (!select) return;
    const words = new URLSearchParams(window.location.search);
    const name = select.dataset.filter;
    if (name === "series") ["day", "centre"].forEach((one) => words.delete(one));
    if (name === "county") ["sub-county", "centre", "by"].forEach((one) => words.delete(one));
    if (name === "sub-county") ["centre", "by"].forEach((one) => words.delete(one));
    words.delete(name);
    if (select.value) words.set(name, select.value);
    if (name === "sub-county" && !select.value) {
      const county = document.querySelector("select[data-filter=county]");
      if (county && county.value) words.set("county", county.value);
    }
    if (name === "sub-county" && select.value) words.delete("county");
    go("?" + words.toString());
  });

  function follow(point) {
    const data = point && point.customdata;
    if (!data) return;
    const link = data[0];
    if (link.startsWith("/")) window.location.assign(link);
    else if (link.startsWith("?")) go(link);
    else {
      const words = new URLSearchParams(window.location.search);
      words.set("day", link);
      go("?" + words.toString());
    }
  }

  function rowOf(code) {
    return document.querySelector('.split .ranked tr[data-place="' + CSS.escape(code) + '"]');
  }

  function link(plot) {
    if (plot.dataset.linked || typeof plot.on !== "function") return;
    plot.dataset.linked = "yes";
    plot.on("plotly_click", (event) => follow(event.points[0]));
    plot.on("plotly_hover", function (event) {
      const data = event.points[0].customdata;
      const row = data && data[1] && rowOf(data[1]);
      if (row) row.classList.add("chosen");
    });
    plot.on("plotly_unhover", () =>
      document.querySelectorAll(".ranked tr.chosen").forEach((row) => row.classList.remove("chosen"))
    );
  }

  /* A row under the pointer or with the keyboard's focus stands out on the map. */
  function pick(code) {
    const plot = document.querySelector("#map .js-plotly-plot");
    if (!plot || !window.Plotly || !plot.data || plot.data.some((one) => one.type === "scattergeo")) return;
    const chosen = plot.data.map(function (trace) {
      if (code === null) return null;
      const at = (trace.customdata || []).findIndex((data) => data[1] === code);
      return at < 0 ? [] : [at];
    });
    window.Plotly.restyle(plot, { selectedpoints: chosen });
  }

  let picked = null;
  function point(event) {
    const row = event.target.closest && event.target.closest(".split .ranked tr[data-place]");
    const code = row ? row.dataset.place : null;
    if (code === picked) return;
    picked = code;
    window.clearTimeout(point.wait);
    point.wait = window.setTimeout(() => pick(picked), 60);
  }
  document.addEventListener("mouseover", point);
  document.addEventListener("focusin", point);

  new MutationObserver(() => document.querySelectorAll(".js-plotly-plot").forEach(link)).observe(
    document.documentElement,
    { childList: true, subtree: true }
  );

  /* Dash says nothing when a callback is refused: an ended session signs in again, a refusal is shown. */
  function say(title) {
    const page = document.getElementById("page");
    const stamp = document.getElementById("as-of");
    if (stamp) stamp.classList.toggle("stale", Boolean(title));
    let note = document.getElementById("refusal");
    if (!title) {
      if (note) note.remove();
      return;
    }
    if (!note && page) {
      note = document.createElement("div");
      note.id = "refusal";
      note.className = "note danger";
      note.setAttribute("role", "alert");
      page.before(note);
    }
    if (note) note.textContent = title;
  }

  const fetched = window.fetch;
  window.fetch = function (address, options) {
    return fetched.call(window, address, options).then(function (answer) {
      if (!CALLBACK.test(String(address && address.url ? address.url : address))) return answer;
      if (answer.status === 401 || answer.redirected) window.location.reload();
      else if (answer.status >= 400)
        answer.clone().json().then((problem) => say(problem.title), () => say(answer.statusText));
      else say("");
      return answer;
    });
  };
})();
