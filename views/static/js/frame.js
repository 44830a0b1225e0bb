/* Lists and forms of the frame: selection, a second look before what hurts, filters without empty fields. */
(function () {
  "use strict";
  function all(selector, root) { return [].slice.call((root || document).querySelectorAll(selector)); }

  all("form.bulk").forEach(function (form) {
    var bar = form.querySelector(".bulk-bar"), shown = bar.querySelector("[data-selected]");
    function draw() {
      var chosen = all(".action_check:checked", form).length;
      shown.textContent = chosen;
      form.classList.toggle("choosing", chosen > 0);
      all("tr", form).forEach(function (row) {
        var box = row.querySelector(".action_check");
        row.classList.toggle("chosen", !!box && box.checked);
      });
    }
    form.classList.add("scripted");
    form.addEventListener("change", function (event) {
      if (event.target.matches(".check-all")) all(".action_check", form).forEach(function (box) { box.checked = event.target.checked; });
      draw();
    });
    draw();
  });

  /* A question stands in the page where the button was; nothing is covered. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button || button.type !== "submit" || button.dataset.sure) return;
    var question = button.dataset.ask || (button.form && button.form.dataset.ask);
    if (!question) return;
    event.preventDefault();
    var holder = document.createElement("span"), text = document.createElement("b"), no = document.createElement("button");
    holder.className = "ask";
    holder.setAttribute("role", "alert");
    text.textContent = question;
    no.type = "button";
    no.className = "button small";
    no.textContent = document.querySelector(".frame").dataset.keep;
    no.addEventListener("click", function () { holder.replaceWith(button); delete button.dataset.sure; button.focus(); });
    button.replaceWith(holder);
    holder.append(text, button, no);
    button.dataset.sure = "yes";
    button.focus();
  });

  all("form[data-strip-empty]").forEach(function (form) {
    form.addEventListener("submit", function () {
      all("input, select", form).forEach(function (input) { if (!input.value || input.value === "__None") input.disabled = true; });
    });
    all(".filter-op", form).forEach(function (select) {
      select.hidden = false;
      select.addEventListener("change", function () {
        all("[name$='_" + select.dataset.column + "']", select.parentNode).forEach(function (input) {
          input.name = "_flt_" + select.value + "_" + select.dataset.column;
        });
      });
    });
  });
  window.addEventListener("pageshow", function () { all("form[data-strip-empty] :disabled").forEach(function (input) { input.disabled = false; }); });

  /* A look-up: three letters bring at most twenty records of one's own area. */
  all("input[data-lookup]").forEach(function (input, at) {
    var list = document.createElement("datalist"), timer = 0, asked = "";
    list.id = "lookup-" + at;
    input.setAttribute("list", list.id);
    input.after(list);
    input.addEventListener("input", function () {
      var letters = input.value.trim();
      clearTimeout(timer);
      if (letters.length < 3 || letters === asked) return;
      timer = setTimeout(function () {
        asked = letters;
        fetch(input.dataset.lookup + "?q=" + encodeURIComponent(letters), { credentials: "same-origin", headers: { Accept: "application/json" } })
          .then(function (response) { return response.ok ? response.json() : []; })
          .then(function (found) {
            list.textContent = "";
            found.forEach(function (label) { list.appendChild(document.createElement("option")).value = label; });
          })
          .catch(function () { asked = ""; });
      }, 250);
    });
  });

  var summary = document.getElementById("error-summary");
  if (summary) summary.focus();
})();
