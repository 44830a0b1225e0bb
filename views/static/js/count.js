/* A counter of letters under texts with a limit. Without this script the limit itself still holds. */
(function () {
  "use strict";
  [].slice.call(document.querySelectorAll("[data-count]")).forEach(function (box) {
    var most = Number(box.dataset.count), said = document.createElement("p");
    said.className = "hint";
    said.setAttribute("aria-live", "polite");
    box.after(said);
    function count() { said.textContent = box.value.length + " / " + most; }
    box.addEventListener("input", count);
    count();
  });
})();
