// Asks for the counts of one sub-county after the other, and adds them up as they come.
(() => {
  "use strict";
  const rows = [...document.querySelectorAll("[data-numbers]")];
  if (!rows.length) return;
  const bar = document.querySelector("progress");
  const said = document.querySelector("[data-counting]");
  const written = (number) => number.toLocaleString("en");
  const read = (cell) => Number(cell.textContent.replace(/\D/g, "")) || 0;
  const add = (row, numbers) => {
    for (const [name, number] of Object.entries(numbers)) {
      const cell = row.querySelector(`[data-name="${name}"]`);
      const total = document.querySelector(`[data-total="${name}"]`);
      if (cell) cell.textContent = written(number);
      if (total) total.textContent = written(read(total) + number);
    }
  };
  const ask = async (row) => {
    for (let tries = 0; tries < 3; tries += 1) {
      try {
        const answer = await fetch(row.dataset.numbers, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (answer.ok) { add(row, await answer.json()); return true; }
      } catch { /* the network is away for a moment: ask again */ }
      await new Promise((later) => { setTimeout(later, 1000); });
    }
    return false;
  };
  const all = async () => {
    for (const row of rows) {
      if (!await ask(row)) continue;
      bar.value += 1;
      said.textContent = `${bar.value} / ${bar.max} ${said.dataset.counting}`;
    }
  };
  all();
})();
