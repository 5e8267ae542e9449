// The queue: what is open, what is at risk, who has it.

import { api, go, me, now, works } from "./api.js";
import { chip, choose, el, fill, form, linkRow, older, percent, span, table, words } from "./dom.js";

export const STATES = ["open", "contacted", "scheduled", "in_progress", "pending_customer", "on_hold",
  "resolved", "closed", "dismissed", "merged", "lapsed"];
const OWN_COLUMNS = ["Failure", "Device", "Origin", "Probability#", "State", "Centre", "Age#", "Due#"];

/** The target that counts now: of the first response until there was one, then of the resolution. */
export function target(ticket) {
  return ticket.contacted_at ? ticket.sla.resolution : ticket.sla.first_response;
}

/** How long until a ticket is due, in words; what is at risk or late stands out. */
export function due(ticket) {
  const clock = target(ticket);
  if (ticket.sla.clock === "ended") return "–";
  if (ticket.sla.clock === "paused") return el("span.soft", { title: "waits for the customer or is on hold: its clock stands still" }, "paused");
  if (!clock.due_at) return "–";
  const left = new Date(clock.due_at) - now;
  return el(left < 0 ? "span.late" : clock.alarm ? "span.risk" : "span", {}, left < 0 ? span(left) + " late" : "in " + span(left));
}

/** Who has it; what no centre serves, or a full one got, stands out. */
function holder(ticket) {
  const centre = ticket.centre ? ticket.centre : el("span.late", {}, "unroutable");
  return el("div", { title: ticket.route_reason || null }, centre,
    ticket.queue === "over_capacity" ? el("span.risk", {}, " over capacity") : null,
    ticket.assignee ? el("div.soft", {}, ticket.assignee) : null);
}

function ticketRow(ticket, pickable) {
  const href = "#/ticket/" + encodeURIComponent(ticket.id);
  return linkRow(href,
    pickable ? el("td", {}, el("input", { type: "checkbox", name: "chosen", value: ticket.id, form: "many", "aria-label": "choose " + ticket.id })) : [],
    el("td", {}, el("span.dot." + ticket.severity, { title: ticket.severity, role: "img", "aria-label": ticket.severity }), el("a", { href }, words(ticket.failure_mode) || words(ticket.component) || ticket.id),
      ticket.escalation_level ? el("span.risk", { title: "escalated" }, " ▲" + ticket.escalation_level) : null),
    el("td", {}, el("span.mono", {}, ticket.device_id), el("span.soft", {}, " " + ticket.model)),
    el("td", {}, chip(ticket.origin)),
    el("td.num", {}, ticket.origin === "predicted" ? [el("meter", { min: 0, max: 1, value: ticket.probability, "aria-hidden": "true" }), " " + percent(ticket.probability)] : "–"),
    el("td", {}, chip(ticket.state)), el("td", {}, holder(ticket)),
    el("td.num", {}, span(now - new Date(ticket.opened_at))), el("td.num", {}, due(ticket)));
}

export const ticketTable = (items) => table(OWN_COLUMNS, items.map((one) => ticketRow(one, false)));

/** With a box before each ticket, and one for all of them. */
function chosenTable(items) {
  const shown = table(["", ...OWN_COLUMNS], items.map((one) => ticketRow(one, true)));
  shown.querySelector("th").append(el("input", { type: "checkbox", "aria-label": "choose all", change: (event) => {
    for (const box of shown.querySelectorAll("input[name=chosen]")) box.checked = event.target.checked;
  } }));
  return shown;
}

/** What can be done with many tickets at once: the members of each action, made of one text. */
const MANY = {
  assign: ["Assign to", (text) => ({ assignee: text })],
  comment: ["Comment", (text) => ({ text })],
  escalate: ["Escalate, because", (text) => ({ level: 1, why: text })],
  dismiss: ["Dismiss, because", (text) => ({ action: "transition", to: "dismissed", why: text })],
  route: ["Route again by the rules, because", (text) => ({ why: text })],
};

function many() {
  const chosen = () => [...document.querySelectorAll("input[name=chosen]:checked")].map((box) => box.value);
  const bar = form(null, [el("div.row", {},
    el("label", {}, "With the chosen ones", el("select", { name: "action" }, Object.entries(MANY).map(([value, [title]]) => el("option", { value }, title)))),
    el("label.grow", {}, "Whom, what or why", el("input", { name: "text", required: true, maxlength: 500 })))], "Do it",
  async ({ action, text }) => {
    const ids = chosen();
    if (!ids.length) throw new Error("Choose tickets first: the boxes at the left.");
    const { body } = await api("tickets/bulk", { body: { action, ids, ...MANY[action][1](text) } });
    const refused = body.items.filter((item) => item.detail);
    if (refused.length) throw Object.assign(new Error(`${ids.length - refused.length} done, ${refused.length} refused: ${refused.slice(0, 3).map((r) => `${r.id}: ${r.detail}`).join(" · ")}`), { partly: true });
    return ids.length === 1 ? "Done with one ticket." : `Done with ${ids.length} tickets.`;
  }, { key: "many", sure: ({ action }) => chosen().length > 1 && `${MANY[action][0].replace(/,? (to|because)$/, "")} ${chosen().length} tickets at once?` });
  bar.id = "many";
  return bar;
}

let house = null;  // the centres as they were told last, and to whom
let guest = null;

/** What has to be seen first in the morning: each count leads to its tickets. */
function glance({ items, without_centre: lost }) {
  const sum = (name) => items.reduce((all, centre) => all + centre.load[name], lost ? lost[name] : 0);
  const one = (count, title, filter, kind) => count ? el("a.chip" + kind, { href: "#/tickets?" + new URLSearchParams(filter) }, `${count} ${title}`) : null;
  return el("p.row.glance", {}, one(sum("open_count"), "open", { state: "open_any" }, ".open"), one(sum("breached_count"), "late", { sla: "breached" }, ".shelved"),
    one(sum("at_risk_count"), "at risk", { sla: "at_risk" }, ".on_hold"), one(sum("over_capacity_count"), "over capacity", { queue: "over_capacity" }, ".on_hold"),
    lost ? one(lost.open_count, "without a centre", { queue: "unroutable" }, ".shelved") : null);
}

export async function tickets({ query }) {
  if (!query.has("limit")) query.set("limit", "100");
  if (guest !== me) [house, guest] = [(await api("centres")).body, me];
  const { body } = await api("tickets?" + query);
  const seen = el("div", {}, glance(house));
  // The list does not wait for its counts.
  api("centres").then((reply) => { house = reply.body; seen.replaceChildren(glance(house)); }, () => {});
  const show = (q) => go("tickets", q);
  const pick = (name, options) => choose(name, options, query, show);
  const set = ["state", "sla", "queue", "centre", "origin", "assignee", "device_id"].filter((name) => query.get(name));
  return [el("div.head", {}, el("div", {}, el("h1", {}, "Tickets"), seen),
    el("details.filters", { "data-fold": "filters", open: !matchMedia("(max-width: 45rem)").matches },
      el("summary", {}, "Filter" + (set.length ? ": " + set.map((name) => words(query.get(name).replace("open_any", "all open"))).join(", ") : "")), el("div.row", {},
    el("label", {}, "State", pick("state", [["open_any", "all open"], ["", "any"], ...STATES.map((s) => [s, words(s)])])),
    el("label", {}, "Service level", pick("sla", [["", "any"], ["at_risk", "at risk"], ["breached", "late"]])),
    el("label", {}, "Queue", pick("queue", [["", "any"], ["unroutable", "unroutable"], ["over_capacity", "over capacity"]])),
    me.role === "centre" ? null : el("label", {}, "Centre", pick("centre", [["", "any"], ...house.items.map((one) => [one.id, one.name])])),
    el("label", {}, "Origin", pick("origin", [["", "any"], ["predicted", "predicted"], ["reactive", "reactive"], ["verification", "verification"]])),
    el("label", {}, "Assigned to", fill("assignee", query, show)),
    el("label", {}, "Device", fill("device_id", query, show))))),
    body.items.length === 0 ? el("p.empty", {}, "No ticket here. That may be good news.")
      : works() ? [chosenTable(body.items), many()] : ticketTable(body.items),
    older("tickets", body, query, "Older ones")].flat();
}
