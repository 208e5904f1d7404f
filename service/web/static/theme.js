"use strict";
// Loaded before the first paint, so that the page does not flash in the other colours.
(function () {
  const kept = localStorage.getItem("theme");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
})();
