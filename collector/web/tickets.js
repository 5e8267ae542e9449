// The queue: what is open, what is at risk, who has it.

import { api, go, now } from "./api.js";
import { chip, choose, el, linkRow, older, percent, span, table, words } from "./dom.js";

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

function ticketRow(ticket) {
  const href = "#/ticket/" + encodeURIComponent(ticket.id);
  return linkRow(href,
    el("td", {}, el("span.dot." + ticket.severity, { title: ticket.severity }), el("a", { href }, words(ticket.failure_mode) || words(ticket.component) || ticket.id)),
    el("td", {}, el("span.mono", {}, ticket.device_id), el("span.soft", {}, " " + ticket.model)),
    el("td", {}, chip(ticket.origin)),
    el("td.num", {}, ticket.origin === "predicted" ? [el("meter", { min: 0, max: 1, value: ticket.probability, "aria-hidden": "true" }), " " + percent(ticket.probability)] : "–"),
    el("td", {}, chip(ticket.state)), el("td", {}, ticket.centre || el("span.late", {}, "unroutable")),
    el("td.num", {}, span(now - new Date(ticket.opened_at))), el("td.num", {}, due(ticket)));
}

export const ticketTable = (items) => table(OWN_COLUMNS, items.map(ticketRow));

export async function tickets({ query }) {
  if (!query.has("limit")) query.set("limit", "100");
  const { body } = await api("tickets?" + query);
  const pick = (name, options) => choose(name, options, query, (q) => go("tickets", q));
  const field = (name) => el("input", { value: query.get(name) || "", placeholder: "any", change: (event) => {
    event.target.value ? query.set(name, event.target.value) : query.delete(name);
    query.delete("cursor");
    go("tickets", query);
  } });
  return [el("div.head", {}, el("h1", {}, "Tickets"), el("div.row", {},
    el("label", {}, "State", pick("state", [["open_any", "all open"], ["", "any"], ...STATES.map((s) => [s, words(s)])])),
    el("label", {}, "Service level", pick("sla", [["", "any"], ["at_risk", "at risk"], ["breached", "late"]])),
    el("label", {}, "Origin", pick("origin", [["", "any"], ["predicted", "predicted"], ["reactive", "reactive"]])),
    el("label", {}, "Device", field("device_id")))),
    body.items.length === 0 ? el("p.empty", {}, "No ticket here. That may be good news.") : ticketTable(body.items),
    older("tickets", body, query, "Older ones")];
}
