"use strict";
// Triage by keyboard: forms are sent without leaving the page. Without this, they lead back to the queue.
const articles = [...document.querySelectorAll(".judge")];
const live = document.getElementById("said");
const undone = [];
let current = 0;

function choose(index) {
  if (!articles[index]) return;
  articles[current].classList.remove("current");
  current = index;
  articles[current].classList.add("current");
  articles[current].focus({ preventScroll: true });
  articles[current].scrollIntoView({ block: "nearest" });
}

function chooseOpen() {
  const after = articles.findIndex((one, index) => index > current && !one.classList.contains("done"));
  const open = after >= 0 ? after : articles.findIndex((one) => !one.classList.contains("done"));
  if (open >= 0) choose(open);
  else document.getElementById("more").focus();
}

async function send(form, submitter) {
  const fields = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Piece": "1" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.redirected) location.assign(answer.url);
  if (answer.ok) return page;
  tell((page.querySelector(".problem, main p") || page.body).textContent.trim(), true);
  return null;
}

function tell(text, problem = false) {
  live.textContent = text;
  live.className = problem ? "problem" : "note";
}

async function judge(article, submitter) {
  const form = article.querySelector("form");
  const page = await send(form, submitter);
  if (!page) return;
  const outcome = document.createElement("div");
  outcome.className = "outcome";
  outcome.append(...page.body.childNodes);
  article.append(outcome);
  article.classList.add("done");
  undone.push(article);
  tell(outcome.querySelector("strong").textContent + ": " + article.querySelector("h2").textContent);
  chooseOpen();
}

async function undo(article) {
  const outcome = article && article.querySelector(".outcome");
  if (!outcome || !(await send(outcome.querySelector("form")))) return;
  undone.splice(undone.indexOf(article), 1);
  outcome.remove();
  article.classList.remove("done");
  tell("Taken back: " + article.querySelector("h2").textContent);
  choose(articles.indexOf(article));
}

document.addEventListener("submit", (event) => {
  const article = event.target.closest(".judge");
  if (!article) return;
  event.preventDefault();
  if (event.target.closest(".outcome")) undo(article);
  else judge(article, event.submitter);
});

function decide(decision) {
  const article = articles[current];
  if (article && !article.classList.contains("done")) {
    article.querySelector("form").requestSubmit(article.querySelector(`[value=${decision}]`));
  }
}

function into(selector) {
  const field = articles[current] && articles[current].querySelector(selector);
  if (field) field.focus();
}

const KEYS = {
  j: () => choose(current + 1),
  k: () => choose(current - 1),
  a: () => decide("accept"),
  c: () => into("fieldset input"),
  n: () => decide("none_fits"),
  s: () => decide("skip"),
  m: () => into("[name=note]"),
  u: () => undo(undone.at(-1)),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const field = event.target.closest("input, select, textarea");
  if (field && event.key === "Escape") choose(current);
  if (field && field.type === "checkbox" && event.key === "Enter") {
    event.preventDefault();
    decide("change");
  }
  if (field || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

for (const [index, article] of articles.entries()) {
  article.addEventListener("focusin", () => {
    if (index !== current) {
      articles[current].classList.remove("current");
      current = index;
      article.classList.add("current");
    }
  });
}
if (articles.length) choose(0);
