/* Look-up fields: three letters bring up at most twenty records to choose from. Without this
   script the field takes the record's number. */
(function () {
  "use strict";
  var next = 0;
  [].slice.call(document.querySelectorAll("input[data-lookup]")).forEach(function (input) {
    var list = document.createElement("datalist"), waiting, asked = "";
    list.id = "lookup-" + (next += 1);
    input.after(list);
    input.setAttribute("list", list.id);
    function offer(labels) {
      list.replaceChildren.apply(list, labels.map(function (label) {
        var option = document.createElement("option");
        option.value = label;
        return option;
      }));
    }
    input.addEventListener("input", function () {
      var letters = input.value.trim();
      clearTimeout(waiting);
      if (letters.length < 3 || letters === asked) return;
      waiting = setTimeout(function () {
        asked = letters;
        fetch(input.dataset.lookup + "?q=" + encodeURIComponent(letters), { headers: { Accept: "application/json" } })
          .then(function (answer) { return answer.ok ? answer.json() : []; })
          .then(offer, function () { offer([]); });
      }, 200);
    });
  });
})();
