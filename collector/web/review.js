// Outcomes that fit two tickets nearly alike, or none well: a person says where they belong.

import { api, works } from "./api.js";
import { el, form, older, percent, when, words } from "./dom.js";

function candidate(outcome, one) {
  return el("label.row", {}, el("input", { type: "radio", name: "ticket_id", value: one.ticket_id, required: true }),
    el("span", {}, el("a.mono", { href: "#/ticket/" + encodeURIComponent(one.ticket_id) }, one.ticket_id), ` ${percent(one.score)} · ${one.reason}`));
}

function card(outcome) {
  const none = el("label.row", {}, el("input", { type: "radio", name: "ticket_id", value: "", required: true }), el("span", {}, "None of them: a failure that nobody foresaw gets a ticket of its own"));
  const title = `${words(outcome.code)} on ${outcome.device_id}`;
  const facts = el("p.soft", {}, [when(outcome.at), words(outcome.component), outcome.centre, outcome.note].filter(Boolean).join(" · "));
  if (!works()) return el("section.card", {}, el("h3", {}, title), facts);
  return form(title, [facts, ...outcome.candidates.map((one) => candidate(outcome, one)), none], "It belongs there",
    (given) => api(`outcomes/${encodeURIComponent(outcome.id)}/assign`, { body: { ticket_id: given.ticket_id || null } }).then(() => "Placed."),
    { key: outcome.id });
}

export async function review({ query }) {
  const { body } = await api("outcomes?" + new URLSearchParams({ ...Object.fromEntries(query), review: "open" }));
  return [el("h1", {}, "Outcomes to place"), body.items.length === 0 ? el("p.empty", {}, "Each outcome has found its ticket.")
    : el("div.stack", {}, body.items.map(card)), older("review", body, query, "Older ones")];
}
