// Fetches the page of an import anew while the queue works on it, and shows it whole once it is done.
(() => {
  "use strict";
  const EVERY = 1000;
  const ask = async () => {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-progress]");
        const shown = document.querySelector("[data-progress]");
        if (!fresh || !shown) { location.reload(); return; }
        if (fresh.textContent !== shown.textContent && !shown.contains(document.activeElement)) shown.replaceWith(fresh);
      }
    } catch { /* the network is away for a moment: ask again */ }
    setTimeout(ask, EVERY);
  };
  setTimeout(ask, EVERY);
})();
