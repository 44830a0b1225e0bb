// Profiles with a script: sub-counties follow the county, schools are offered as one types, names are
// compared as one types, and the queue listens to the keyboard. Without it every page works as well.
"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const later = (act, wait) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(act, wait); }; };
  const asked = (address) => fetch(address, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : []));

  for (const county of document.querySelectorAll("select[data-places]")) {
    const places = document.getElementById(county.dataset.places);
    county.addEventListener("change", async () => {
      const found = county.value ? await asked(`/me/profile/places/?county=${encodeURIComponent(county.value)}`) : [];
      places.replaceChildren(new Option(places.dataset.choose, ""), ...found.map((one) => new Option(one.name, one.id)));
    });
  }

  const school = document.querySelector("input[data-schools]");
  if (school) {
    const list = document.getElementById(school.getAttribute("list"));
    const place = document.getElementById(school.dataset.schools);
    school.addEventListener("input", later(async () => {
      if (school.value.trim().length < 3 || !place.value) return;
      const found = await asked(`/me/profile/schools/?sub_county=${encodeURIComponent(place.value)}&q=${encodeURIComponent(school.value)}`);
      list.replaceChildren(...found.map((one) => new Option(one.name, one.name)));
    }, 250));
  }

  const match = document.getElementById("match");
  if (match) {
    const form = match.closest("form");
    const compare = later(async () => {
      const sent = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
      for (const name of ["full_name", "mpesa_name"]) sent.set(name, form.elements[name].value);
      const answer = await fetch(match.dataset.match, { method: "POST", body: sent, headers: { Accept: "application/json" } });
      const said = answer.ok ? await answer.json() : null;
      match.replaceChildren();
      if (!said) return;
      const note = document.createElement("div");
      const words = document.createElement("p");
      note.className = `note ${said.kind}`;
      words.textContent = said.sentence;
      note.append(words);
      match.append(note);
    }, 400);
    for (const name of ["full_name", "mpesa_name"]) form.elements[name].addEventListener("input", compare);
  }

  const rows = [...document.querySelectorAll("tr[data-profile]")];
  if (rows.length) {
    let at = -1;
    const go = (to) => {
      rows[at]?.classList.remove("at");
      at = Math.max(0, Math.min(rows.length - 1, to));
      rows[at].classList.add("at");
      rows[at].scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("keydown", (pressed) => {
      if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(pressed.target.tagName) && pressed.target.type !== "checkbox") return;
      const acts = {
        j: () => go(at + 1), k: () => go(at - 1), ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1),
        x: () => rows[at]?.querySelector("input[type=checkbox]")?.click(),
        Enter: () => rows[at]?.querySelector("a")?.click(),
      };
      if (pressed.key === "Enter" && pressed.target.tagName !== "BODY") return;
      if (acts[pressed.key]) { pressed.preventDefault(); acts[pressed.key](); }
    });
  }
})();
