// The console: which view is shown, keys, refreshing. Plain DOM; what one sees is in the URL after '#'.

import { go, place, token } from "./api.js";
import { board } from "./board.js";
import { device, devices } from "./devices.js";
import { el } from "./dom.js";
import { problem, problems } from "./problems.js";
import { review } from "./review.js";
import { rule, rules } from "./rules.js";
import { ticket } from "./ticket.js";
import { tickets } from "./tickets.js";

const kRefreshMs = 5000;
const main = document.getElementById("main");
let timer = 0;
let drawing = 0;  // a view that was left must not draw over the next

function gate(message) {
  const field = el("input", { id: "token", autocomplete: "off", spellcheck: "false", placeholder: "act_…", required: true });
  main.replaceChildren(el("section.card.gate.stack", {},
    el("h1", {}, "Welcome"),
    el("p.soft", {}, "Give the token that ", el("code", {}, "aftercare-collector token create"),
      " printed. It stays in this tab only."),
    message ? el("p.late", { role: "alert" }, message) : null,
    el("form.stack", { submit: (event) => {
      event.preventDefault();
      sessionStorage.setItem("token", field.value.trim());
      draw();
    } }, el("label", { for: "token" }, "Token", field), el("button", {}, "Enter"))));
  field.focus();
}

const views = { board, tickets, ticket, problems, problem, review, devices, device, rules, rule };
/** The list that a view belongs to. */
const alive = { board: "board", tickets: "tickets", ticket: "tickets", problems: "problems", problem: "problems", review: "review", devices: "devices", device: "devices", rules: "rules", rule: "rules" };

async function draw(quietly = false) {
  clearTimeout(timer);
  const turn = ++drawing;
  if (!token()) return gate();
  const where = place();
  for (const link of document.querySelectorAll("nav a")) {
    link.dataset.view === alive[where.view] ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  try {
    const content = await (views[where.view] || board)(where);
    if (turn !== drawing) return;
    main.replaceChildren(...content.flat().filter(Boolean));
    document.title = (main.querySelector("h1") || {}).textContent + " · Aftercare";
    if (!quietly) main.focus({ preventScroll: true });
  } catch (error) {
    if (turn !== drawing) return;
    if (error.status === 401) return gate(error.message);
    if (!quietly) main.replaceChildren(el("p.note", { role: "alert" }, error.message));
  }
  watch();
}

/** Lists and board refresh by themselves, unless somebody is in the middle of something. */
async function watch() {
  const lamp = document.getElementById("lamp");
  const ready = await fetch("readyz").then((reply) => reply.ok, () => false);
  lamp.className = "lamp " + (ready ? "ok" : "no");
  lamp.title = ready ? "ready: what arrives is stored" : "not ready: see /readyz";
  clearTimeout(timer);
  timer = setTimeout(() => {
    const busy = main.querySelector("details[open], tr.chosen, input:checked") || main.contains(document.activeElement) && document.activeElement !== main
      || ["ticket", "problem", "review", "rule"].includes(place().view) || document.hidden;
    busy ? watch() : draw(true);
  }, kRefreshMs);
}

function move(step) {
  const rows = [...main.querySelectorAll("tbody tr.link")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("chosen"));
  rows.forEach((row) => row.classList.remove("chosen"));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  row.classList.add("chosen");
  row.querySelector("a").focus();
}

let prefix = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  const key = prefix + event.key;
  prefix = event.key === "g" ? "g" : "";
  const actions = {
    gb: () => go("board"), gt: () => go("tickets", new URLSearchParams({ state: "open_any" })), gd: () => go("devices"), gr: () => go("rules"), go: () => go("review"),
    gp: () => go("problems", new URLSearchParams({ state: "unsettled" })),
    j: () => move(1), k: () => move(-1),
    u: () => go(alive[place().view], place().view === "ticket" ? new URLSearchParams({ state: "open_any" }) : undefined),
  };
  if (actions[key]) { event.preventDefault(); actions[key](); }
});
document.getElementById("leave").addEventListener("click", () => { sessionStorage.clear(); draw(); });
window.addEventListener("hashchange", () => start());
document.addEventListener("changed", () => draw());

/** A token in the fragment never reaches a server or a log; it leaves the URL at once. */
function start() {
  const given = location.hash.match(/^#token=([^&]+)(?:&(.*))?$/);
  if (given) {
    sessionStorage.setItem("token", decodeURIComponent(given[1]));
    history.replaceState(null, "", "#/" + (given[2] || "board"));
  }
  draw();
}
start();
