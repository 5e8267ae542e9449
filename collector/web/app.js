// The console: which view is shown, keys, news. Plain DOM; what one sees is in the URL after '#'.

import { enter, go, leave, me, meet, place, token } from "./api.js";
import { board } from "./board.js";
import { centres } from "./centres.js";
import { device, devices } from "./devices.js";
import { el, sending } from "./dom.js";
import { keep } from "./keep.js";
import { hush, listen } from "./live.js";
import { problem, problems } from "./problems.js";
import { review } from "./review.js";
import { rule, rules } from "./rules.js";
import { ticket } from "./ticket.js";
import { tickets } from "./tickets.js";

const kQuietMs = 1000;     // at most so often a page is drawn anew because of events
const kAgesMs = 30000;     // ages and due times move without events
const kBlindMs = 5000;     // … and this often while there is no stream of events
const kToldMs = 4000;
const views = { board, tickets, ticket, problems, problem, review, centres, devices, device, rules, rule };
/** The list that a view belongs to. */
const lists = { ticket: "tickets", problem: "problems", device: "devices", rule: "rules" };
const listOf = (view) => lists[view] || (views[view] ? view : "board");
/** What a person there is reading or filling in is drawn anew by events only. */
const kOpenTickets = "#/tickets?state=open_any";
const calm = ["ticket", "problem", "review", "rules", "rule"];

const main = document.getElementById("main");
const told = document.getElementById("told");
const news = document.getElementById("news");
const lamp = document.getElementById("lamp");
const away = document.getElementById("away");
let drawing = 0;  // a view that was left must not draw over the next
let shown = { hash: "", changes: [] };
let live = false;
let agesTimer = 0, newsTimer = 0, toldTimer = 0;

function gate(message) {
  hush();
  leave();
  delete document.body.dataset.role;
  news.replaceChildren();
  document.title = "Aftercare";
  const field = el("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", placeholder: "act_…", required: true });
  main.replaceChildren(el("section.card.gate.stack", {},
    el("h1", {}, "Welcome"),
    el("p.soft", {}, "Give the token that ", el("code", {}, "aftercare-collector token create"),
      " printed. It stays in this tab only."),
    message ? el("p.late", { role: "alert" }, message) : null,
    el("form.stack", { submit: (event) => {
      event.preventDefault();
      enter(field.value.trim());
      draw();
    } }, el("label", { for: "token" }, "Token", field), el("div", {}, el("button", {}, "Enter")))));
  field.focus();
}

/** Tells once, beside the page and to screen readers. */
function tell(text) {
  clearTimeout(toldTimer);
  told.textContent = text;
  toldTimer = setTimeout(() => { told.textContent = ""; }, kToldMs);
}

/** To those who are filling something in: what others did to it meanwhile. */
function warn(forms, changes) {
  for (const { form, stale } of forms) {
    const what = changes.filter((change) => stale || change.who !== "api:" + me.name).map((one) => `${one.what} by ${one.who}`).join(", ");
    if (!what && !stale) continue;
    form.querySelector("[role=alert]").textContent = `Changed meanwhile${what ? ": " + what : ""}. What you entered is still here; send it again if it still holds.`;
  }
}

/** Instead of a page. */
function gone(why) {
  shown = { hash: "", changes: [] };
  document.title = "Aftercare";
  main.replaceChildren(el("p.note", { role: "alert" }, why));
}

async function draw({ quiet = false } = {}) {
  clearTimeout(agesTimer);
  const turn = ++drawing;
  if (!token()) return gate();
  try {
    document.body.dataset.role = (await meet()).role;
  } catch (error) {
    if (turn !== drawing) return;
    if (error.status === 401) return gate(error.message);
    gone(error.message);
    return grow();
  }
  // A centre comes for its tickets, a maker for the figures.
  if (!location.hash && me.role === "centre") history.replaceState(null, "", kOpenTickets);
  const where = place(), hash = location.hash;
  try {
    document.getElementById("who").textContent = me.centre || me.tenant;
    for (const link of document.querySelectorAll("nav a")) {
      link.dataset.view === listOf(where.view) ? (link.setAttribute("aria-current", "page"), link.scrollIntoView({ block: "nearest", inline: "nearest" })) : link.removeAttribute("aria-current");
    }
    const content = await (views[where.view] || board)(where);
    if (turn !== drawing) return;
    const giveBack = quiet && shown.hash === hash ? keep(main) : null;
    const fresh = giveBack ? (content.changes || []).slice(shown.changes.length) : [];
    shown = { hash, changes: content.changes || [] };
    main.replaceChildren(...content.flat().filter(Boolean));
    document.title = main.querySelector("h1").textContent + " · Aftercare";
    if (giveBack) warn(giveBack(), fresh);
    else main.focus({ preventScroll: true });
    if (!giveBack) window.scrollTo(0, 0);
  } catch (error) {
    if (turn !== drawing) return;
    if (error.status === 401) return gate(error.message);
    // What was taken away under somebody's eyes is not left there.
    if (!quiet || error.status === 403 || error.status === 404) gone(error.message);
  }
  listen(hear, shine);
  grow();
  look();
}

/** Ages grow; without a stream of events everything is asked for again. */
function grow() {
  clearTimeout(agesTimer);
  agesTimer = setTimeout(() => {
    const still = document.hidden || sending || live && calm.includes(place().view);
    if (!still) return draw({ quiet: true });
    look();
    grow();
  }, live ? kAgesMs : kBlindMs);
}

/** What the lamp says of the collector. */
async function look() {
  const ready = await fetch("readyz").then((reply) => reply.ok ? "ok" : "no", () => "gone");
  lamp.className = "lamp " + ready;
  lamp.title = { ok: "ready: what arrives is stored", no: "what arrives now is not stored: see /readyz", gone: "what is shown is old" }[ready];
  const words = { ok: "", no: "not ready", gone: "no connection" }[ready];
  if (away.textContent !== words) away.textContent = words;
}

/** Whether events come. */
function shine(up) {
  const turned = live !== up;
  live = up;
  if (turned) grow();
  document.body.dataset.live = up ? "yes" : "no";
}

/** A rule stopped by itself: told on whatever page, until somebody has read it. */
function report(change) {
  const name = `${change.rule_id}@${change.version}`;
  const note = el("p.note", {}, "Rule ", el("a", { href: "#/rule/" + encodeURIComponent(name) }, name), ` opens no more tickets. It was ${change.why}. `,
    el("button.quiet", { type: "button", click: () => note.remove() }, "Read"));
  news.append(note);
}

function hear(event, kind) {
  const { view, id } = place();
  if (kind === "rule" && event.who === "engine") report(event);
  const about = kind === "rule" ? ["rules", "rule"].includes(view)
    : view === "ticket" ? event.ticket_id === id : !["problem", "rules", "rule"].includes(view);
  if (about) drawSoon();
}

/** Once for all that comes until then. */
function drawSoon() {
  if (newsTimer) return;
  newsTimer = setTimeout(() => {
    newsTimer = 0;
    sending ? drawSoon() : draw({ quiet: true });
  }, kQuietMs);
}

function move(step) {
  const links = [...main.querySelectorAll("tbody tr.link")].map((row) => row.querySelector("a"));
  if (!links.length) return;
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, at + step))].focus();
}

let prefix = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !me || document.querySelector("dialog") || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName) && !/checkbox|radio/.test(event.target.type)) return;
  const key = prefix + event.key;
  prefix = event.key === "g" ? "g" : "";
  const actions = {
    gb: () => go("board"), gt: () => go("tickets", new URLSearchParams({ state: "open_any" })), gd: () => go("devices"), gr: () => go("rules"), go: () => go("review"),
    gc: () => go("centres"), gp: () => go("problems", new URLSearchParams({ state: "unsettled" })),
    j: () => move(1), k: () => move(-1),
    u: () => go(listOf(place().view), place().view === "ticket" ? new URLSearchParams({ state: "open_any" }) : undefined),
  };
  if (actions[key]) { event.preventDefault(); actions[key](); }
});
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
document.getElementById("leave").addEventListener("click", () => gate());
window.addEventListener("hashchange", () => start());
document.addEventListener("visibilitychange", () => { if (!document.hidden && me) draw({ quiet: true }); });
document.addEventListener("changed", async (event) => {
  tell(event.detail);
  await draw({ quiet: true });
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});
document.addEventListener("stale", () => draw({ quiet: true }));

/** A token in the fragment never reaches a server or a log; it leaves the URL at once. */
function start() {
  const given = location.hash.match(/^#token=([^&]+)(?:&(.*))?$/);
  if (given) {
    hush();
    enter(decodeURIComponent(given[1]));
    history.replaceState(null, "", given[2] ? "#/" + given[2] : location.pathname);
  }
  draw();
}
start();
