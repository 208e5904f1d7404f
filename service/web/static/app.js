"use strict";
// Keys, the colour toggle and the help: all that works without them is on the page itself.
const root = document.documentElement;
const toggle = document.getElementById("theme");
const help = document.getElementById("help");
const PAGES = { o: "/", t: "/themes", f: "/families", h: "/threads", r: "/triage" };

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function tellTheme() {
  toggle.textContent = isDark() ? "Light" : "Dark";
  document.dispatchEvent(new CustomEvent("theme"));
}

toggle.hidden = false;
toggle.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  tellTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tellTheme);
tellTheme();

const helpButton = document.getElementById("help-open");
helpButton.hidden = false;
helpButton.addEventListener("click", () => help.showModal());

for (const select of document.querySelectorAll("form.inline select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

let going = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (going) {
    going = false;
    if (PAGES[event.key]) location.assign(PAGES[event.key]);
    return;
  }
  if (event.key === "g") going = true;
  else if (event.key === "?") help.showModal();
  else if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector("[role=search] input:not([type=hidden])");
    if (field) field.focus();
    else location.assign("/threads");
  }
});
