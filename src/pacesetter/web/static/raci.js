// The matrix as a grid of fields: arrow keys and Enter move, a changed cell is marked. It works without this script too.
"use strict";
(function () {
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const grid = field.closest && field.closest("[data-raci-grid]");
    const step = STEPS[event.key];
    if (!grid || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = field.selectionStart, sideways = step[1] !== 0;
    if (sideways && at !== field.selectionEnd) return;
    if (event.key === "ArrowLeft" && at !== 0) return;
    if (event.key === "ArrowRight" && at !== field.value.length) return;
    const next = grid.querySelector(`[data-row="${+field.dataset.row + step[0]}"][data-column="${+field.dataset.column + step[1]}"]`);
    if (event.key === "Enter" || next) event.preventDefault();
    if (next) { next.focus(); next.select(); }
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset || field.dataset.was === undefined) return;
    const place = field.selectionStart;
    field.value = field.value.toUpperCase();
    field.setSelectionRange(place, place);
    field.closest("td").classList.toggle("touched", field.value.trim() !== field.dataset.was);
  });
})();
