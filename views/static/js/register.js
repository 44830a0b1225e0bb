/* The daily register, better with script: counts, keys, marks kept on the device until the server says saved. */
(() => {
  "use strict";
  var form = document.getElementById("register-form");
  if (!form || !window.fetch || !window.FormData) return;
  var words = JSON.parse(document.getElementById("register-words").textContent);
  var rows = [].slice.call(form.querySelectorAll(".row"));
  var box = document.getElementById("save-state");
  var errorBox = document.getElementById("errors");
  var submit = document.getElementById("submit");
  var key = "sajili:" + form.dataset.key;
  var waits = [5, 10, 20, 40, 60], tries = 0, timer = 0, busy = false, sent = null;
  if (tooOld()) { location.reload(); return; }
  document.documentElement.classList.add("js");

  /* A reload that the answer to a save overtook shows the register of before the save. */
  function tooOld() {
    try {
      var stored = Number(sessionStorage.getItem(key));
      sessionStorage.removeItem(key); /* once: a register restored from a backup must open too */
      return stored > Number(form.elements.version.value);
    } catch (e) { return false; } /* private mode */
  }
  function say(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function each(selector, act, root) { (root || form).querySelectorAll(selector).forEach(act); }
  function id(name) { return document.getElementById(name); }
  function field(name) { return form.elements[name]; }
  function statusOf(row) {
    var chosen = row.querySelector(".seg input:checked");
    return chosen ? chosen.value : "";
  }
  function setStatus(row, status) {
    var input = row.querySelector('.seg input[value="' + status + '"]');
    if (input) { input.checked = true; changed(row); }
    return input;
  }
  function newId() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128;
    var hex = [].map.call(b, x => (x + 256).toString(16).slice(1)).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /* What the page says */
  function note(kind, text, action) {
    box.textContent = "";
    if (!text) return;
    var node = make("div", "note " + kind), body = make("div");
    body.appendChild(make("p")).append(make("strong", "", text));
    if (action) body.append(action);
    node.append(body);
    box.append(node);
  }
  function button(text, press) {
    var node = make("button", "button small", text);
    node.type = "button";
    node.addEventListener("click", press);
    var line = make("p", "buttons");
    line.append(node);
    return line;
  }
  function draw() {
    var n = { present: 0, absent: 0, late: 0 };
    rows.forEach(row => {
      var status = statusOf(row), different = status && status !== row.dataset.was;
      if (status) n[status] += 1;
      row.classList.toggle("changed", !!different || (status !== "present" && !!status));
      row.classList.toggle("is-absent", status === "absent");
    });
    if (submit && !busy) {
      var what = ["present", "absent", "late"].filter(s => n[s])
        .map(s => { return say(words[s][n[s] === 1 ? 0 : 1], { n: n[s] }); }).join(", ");
      submit.textContent = what ? say(words.submit, { what: what }) : submit.textContent;
    }
  }
  function changed(row) {
    if (row) row.classList.remove("wrong");
    if (sent) { field("request_id").value = newId(); sent = null; }
    clearTimeout(timer);
    keep(false);
    draw();
  }

  /* What the device keeps until the server says saved */
  function marks() {
    var all = {};
    new FormData(form).forEach(function (value, name) { if (name !== "csrf_token") all[name] = value; });
    return all;
  }
  function store(value) {
    try { value ? localStorage.setItem(key, JSON.stringify(value)) : localStorage.removeItem(key); } catch (e) { /* private mode */ }
  }
  function keep(waiting) {
    store({ waiting: waiting, act: sent, at: Date.now(), marks: marks() });
  }
  function kept() {
    try { return JSON.parse(localStorage.getItem(key)); } catch (e) { return null; }
  }
  function restore(old) {
    Object.keys(old.marks).forEach(name => {
      if (name === "version" || name === "request_id") return;
      var input = field(name);
      if (!input) return;
      input.value = old.marks[name];
    });
    rows.forEach(showRemark);
  }
  function showRemark(row) {
    var remark = row.querySelector(".remark");
    remark.classList.toggle("shown", !!remark.querySelector("input").value || remark.classList.contains("shown"));
  }

  /* Sending */
  function faults() {
    var bad = [];
    rows.forEach(row => {
      var n = row.dataset.id, status = statusOf(row);
      if (!status) bad.push({ field: "status-" + n, sentence: words.missing });
      if (status === "late" && !field("minutes-" + n).value) bad.push({ field: "minutes-" + n, sentence: words.needMinutes });
      if (status === "late" && !field("reason-" + n).value) bad.push({ field: "reason-" + n, sentence: words.needReason });
    });
    if (!field("marked_by").value) bad.push({ field: "marked_by", sentence: words.needMarker });
    return bad;
  }
  function showFaults(list, title) {
    errorBox.textContent = "";
    each(".error", node => node.remove());
    if (!list.length) return;
    var card = make("div", "errors"), items = make("ul");
    card.tabIndex = -1;
    card.setAttribute("role", "alert");
    card.append(make("h2", "", title || words.refused));
    list.forEach(fault => {
      var found = /-(\d+)$/.exec(fault.field || ""), row = found && id("row-" + found[1]);
      var name = row ? row.querySelector(".row-name").textContent + ": " : "";
      var link = make("a", "", name + fault.sentence);
      link.href = "#" + (row ? row.id : fault.field || "marks");
      items.appendChild(make("li")).append(link);
      if (row) {
        row.classList.add("wrong");
        row.querySelector(".row-more").append(make("p", "error", fault.sentence));
      }
    });
    card.append(items);
    errorBox.append(card);
    card.focus();
    card.scrollIntoView({ block: "center" });
  }
  function phrase(mark) {
    var text = words.statuses[mark.status] || mark.words || "";
    return mark.words || (mark.minutes_late ? text + ", " + say(words.minutes, { n: mark.minutes_late }) : text);
  }
  function choose(row, mark, note) {
    setStatus(row, mark.status);
    [["minutes-", mark.minutes_late], ["reason-", mark.reason], ["remark-", mark.remark]].forEach(pair => {
      field(pair[0] + row.dataset.id).value = pair[1] || "";
    });
    showRemark(row);
    changed(row);
    note.remove();
  }
  function clash(row, mine, theirs, old) {
    var node = old || make("div", "clash"), list = make("dl");
    node.textContent = "";
    node.append(make("p", "", words.clash));
    [[words.mine, mine], [words.theirs, theirs]].forEach(side => {
      var cell = make("div"), take = make("button", "button", say(words.take, { what: phrase(side[1]) }));
      take.type = "button";
      take.addEventListener("click", () => { choose(row, side[1], node); });
      cell.append(make("dt", "", side[0]));
      cell.append(make("dd", "", phrase(side[1])));
      cell.append(take);
      list.append(cell);
    });
    node.append(list);
    if (!old) row.insertBefore(node, row.querySelector(".row-more"));
    each(".seg input", input => { input.checked = false; }, row);
  }
  function conflict(answer) {
    rows.forEach(row => { var old = row.querySelector(".clash"); if (old) old.remove(); });
    (answer.rows || []).forEach(stored => {
      var row = id("row-" + stored.deployment_id);
      if (row && stored.status) row.dataset.was = stored.status;
    });
    (answer.conflict || []).forEach(item => {
      var row = id("row-" + item.deployment_id);
      if (row) clash(row, item.mine, item.theirs);
    });
    field("version").value = answer.version;
    field("request_id").value = newId();
    sent = null;
    note("attention", answer.conflict_sentence || answer.sentence || words.clash);
    keep(false);
    draw();
    box.scrollIntoView({ block: "center" });
  }
  function saved(answer, act) {
    store(null);
    try { sessionStorage.setItem(key, answer.version); } catch (e) { /* private mode */ }
    sent = null;
    field("version").value = answer.version;
    field("request_id").value = newId();
    rows.forEach(row => { row.dataset.was = statusOf(row); row.classList.remove("wrong"); });
    showFaults([]);
    draw();
    if (act !== "submit") { note("success", answer.sentence); return; }
    id("marks").disabled = true;
    id("send").hidden = true;
    document.querySelector(".tools").hidden = true;
    id("state-pill").hidden = true;
    id("state-sentence").textContent = answer.saved_words || "";
    var after = id("after-submit").content.cloneNode(true), more = make("p"), link = make("a", "", words.see);
    link.href = location.pathname;
    more.append(link);
    after.insertBefore(more, after.firstChild);
    note("success", answer.sentence, after);
    window.scrollTo(0, 0);
  }
  function signedOut() {
    var link = make("a", "button small", words.signInLink), line = make("p", "buttons");
    link.href = form.dataset.signIn + "?next=" + encodeURIComponent(location.pathname);
    line.append(link);
    note("danger", words.signIn, line);
  }
  function waiting() {
    keep(true);
    note("attention", words.waiting, button(words.retry, () => { tries = 0; send(sent); }));
    clearTimeout(timer);
    timer = setTimeout(() => { send(sent); }, 1000 * waits[Math.min(tries++, waits.length - 1)]);
  }
  function read(response, act) {
    if (response.redirected || response.status === 401 || response.status === 400) { keep(true); return signedOut(); }
    if (response.status >= 500 || response.status === 429) return waiting();
    return response.json().catch(() => ({})).then(answer => {
      tries = 0;
      if (response.ok) return saved(answer, act);
      keep(false);
      if (response.status === 409 && (answer.conflict || []).length) return conflict(answer);
      note("", "");
      field("request_id").value = newId();
      sent = null;
      var list = (answer.errors || []).concat((answer.missing || []).map(person => {
        return { field: "status-" + person.deployment_id, sentence: words.missing };
      }));
      if (!list.length) list.push({ field: "", sentence: answer.sentence || answer.title || words.refused });
      showFaults(list, answer.sentence || answer.title);
    });
  }
  function send(act) {
    if (busy || !act) return;
    busy = true;
    sent = act;
    clearTimeout(timer);
    keep(true);
    var body = new URLSearchParams(new FormData(form)), stop = window.AbortController ? new AbortController() : null;
    body.set("act", act);
    note("information", words.sending);
    if (submit) submit.setAttribute("aria-disabled", "true");
    var late = setTimeout(() => { if (stop) stop.abort(); }, 25000);
    fetch(form.getAttribute("action"), { method: "POST", body: body, credentials: "same-origin", headers: { Accept: "application/json" }, signal: stop && stop.signal })
      .then(response => read(response, act))
      .catch(waiting)
      .then(() => {
        clearTimeout(late);
        busy = false;
        if (submit) submit.removeAttribute("aria-disabled");
        draw();
      });
  }

  /* Hands and keys */
  form.addEventListener("submit", event => {
    var act = (event.submitter || submit).value;
    event.preventDefault();
    if (busy) return;
    var bad = act === "submit" ? faults() : [];
    showFaults(bad);
    if (bad.length) return;
    send(act);
    box.scrollIntoView({ block: "center" }); /* who submits far down sees what becomes of it */
  });
  form.addEventListener("change", event => { changed(event.target.closest(".row")); });
  form.addEventListener("input", event => { if (event.target.type === "text" || event.target.type === "number") changed(event.target.closest(".row")); });
  form.addEventListener("click", event => {
    var link = event.target.closest("[data-remark]");
    if (!link) return;
    event.preventDefault();
    var remark = id(link.dataset.remark);
    remark.classList.add("shown");
    remark.querySelector("input").focus();
  });
  form.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (submit) submit.click();
      return;
    }
    var row = event.target.closest(".row"), typing = /^(text|number)$/.test(event.target.type) || event.target.tagName === "SELECT";
    if (event.key === "Enter" && typing) { event.preventDefault(); return; }
    if (!row || typing || event.ctrlKey || event.altKey || event.metaKey) return;
    var status = { p: "present", a: "absent", l: "late" }[event.key.toLowerCase()];
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (status) {
      setStatus(row, status).focus();
      if (status === "late") field("minutes-" + row.dataset.id).focus();
    } else if (step) {
      var next = rows[rows.indexOf(row) + step];
      if (next) (next.querySelector(".seg input:checked") || next.querySelector(".seg input")).focus();
    } else return;
    event.preventDefault();
  });
  var all = id("all-present");
  all.hidden = false;
  all.addEventListener("click", () => { rows.forEach(row => { setStatus(row, "present"); }); });
  window.addEventListener("online", () => { if (sent) send(sent); });

  var serverMs = Number(form.dataset.serverMs);
  if (serverMs && Math.abs(Date.now() - serverMs) > 600000) id("clock-hint").hidden = false;
  rows.forEach(row => {
    var old = row.querySelector(".clash");
    if (old) { var sides = JSON.parse(old.dataset.clash); clash(row, sides.mine, sides.theirs, old); }
  });
  var old = kept();
  if (old && old.marks) {
    restore(old);
    var same = String(old.marks.version) === field("version").value;
    if (old.waiting && old.act) {
      field("version").value = old.marks.version;
      field("request_id").value = old.marks.request_id;
      send(old.act);
    } else note(same ? "information" : "attention", same ? words.kept : words.older);
  }
  draw();
})();
