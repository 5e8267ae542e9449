// One case: why we think so, what happened, what to do next.

import { api, me, works } from "./api.js";
import { chip, el, figure, folded, form, percent, span, svg, when, words } from "./dom.js";
import { STATES, due } from "./tickets.js";

const OUTCOMES = ["confirmed_fixed", "other_fault_fixed", "no_fault_found", "fixed_remotely",
  "self_resolved", "preventive_replacement", "failure_repaired", "unit_replaced", "unrepairable",
  "customer_declined"];

function plot(evidence) {
  const points = (evidence.points || []).filter((point) => Array.isArray(point) && point.length === 2);
  if (points.length < 2) return null;
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]).concat(Number.isFinite(evidence.baseline) ? [evidence.baseline] : []);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const x = (value) => 400 * (value - x0) / (x1 - x0 || 1), y = (value) => 84 - 78 * (value - y0) / (y1 - y0 || 1);
  const label = `${words(evidence.metric)} from ${figure(points[0][1])} to ${figure(points.at(-1)[1])} ${evidence.unit || ""}`;
  const picture = svg("svg", { class: "plot", viewBox: "0 0 400 90", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("polyline", { points: points.map((p) => `${x(p[0])},${y(p[1])}`).join(" ") }));
  if (Number.isFinite(evidence.baseline)) picture.prepend(svg("line", { x1: 0, x2: 400, y1: y(evidence.baseline), y2: y(evidence.baseline) }));
  return el("figure", {}, picture, el("figcaption.soft", {}, label + (Number.isFinite(evidence.baseline) ? `, ${evidence.line || "own baseline"} dashed` : "")));
}

/** Contacts and outcomes tell more than the event that records them: the event lends them its arrow. */
function story({ events, contacts, outcomes }) {
  const left = [...events];
  const arrow = (kind, at) => {
    const index = left.findIndex((e) => e.kind === kind && e.at === at);
    const event = index < 0 ? {} : left.splice(index, 1)[0];
    return event.to && event.from !== event.to ? ` → ${words(event.to)}` : "";
  };
  const entries = [
    ...contacts.map((c) => ({ at: c.at, kind: "contact", text: `${c.direction} contact by ${words(c.channel)}${arrow("contact", c.at)}`, note: [words(c.result), words(c.message_key), c.note].filter(Boolean).join(" · ") })),
    ...outcomes.map((o) => ({ at: o.at, kind: "outcome", text: `${words(o.code)}${arrow("outcome", o.at)}`, note: [words(o.component), o.match_reason, o.note].filter(Boolean).join(" · "), who: o.centre })),
  ];
  entries.push(...left.map((e) => ({ at: e.at, kind: e.kind, text: words(e.kind.replace(/^sla_/, "service_level_")) + (e.from && e.to && e.from !== e.to ? ` → ${words(e.to)}` : "") + (["assigned", "escalated", "merged", "merged_from"].includes(e.kind) && e.value ? `: ${e.value}` : ""), note: e.why, who: e.who })));
  const rank = { opened: 0, detection: 1 };
  entries.sort((a, b) => a.at.localeCompare(b.at) || (rank[a.kind] ?? 2) - (rank[b.kind] ?? 2));
  return el("ol.line", {}, entries.map((e) => el("li." + e.kind, {}, el("div", {}, e.text, e.who ? el("span.soft", {}, " by " + e.who) : null),
    e.note ? el("div.soft", {}, e.note) : null, el("div.when", {}, when(e.at)))));
}

function transitionForm(ticket, etag) {
  return form("Change state", [
    el("label", {}, "To", el("select", { name: "to" }, STATES.filter((s) => s !== ticket.state && !["merged", "lapsed"].includes(s)).map((s) => el("option", { value: s }, words(s))))),
    el("label", {}, "Why", el("input", { name: "why", required: true }))], "Change",
    (given) => api(`tickets/${encodeURIComponent(ticket.id)}/transition`, { body: given, match: etag }));
}

/** One id for a report, however often it is sent until it is stored. */
const reports = new Map();
function outcomeForm(ticket) {
  if (!reports.has(ticket.id)) reports.set(ticket.id, "console-" + crypto.getRandomValues(new Uint32Array(4)).join("-"));
  const id = reports.get(ticket.id);
  return form("Report the outcome", [
    el("label", {}, "Result", el("select", { name: "code" }, OUTCOMES.map((code) => el("option", { value: code }, words(code))))),
    el("label", {}, "Component found faulty", el("input", { name: "component", value: ticket.component })),
    el("div.row", {}, el("label", {}, "Visits", el("input", { name: "visit_count", type: "number", min: 0, max: 1000, value: 1 })),
      el("label", {}, "Labour, minutes", el("input", { name: "labour_min", type: "number", min: 0, max: 100000, value: 30 }))),
    el("label", {}, "Note", el("textarea", { name: "note" }))], "Report",
    (given) => api("outcomes", { body: { ...given, id, ticket_id: ticket.id, visit_count: Number(given.visit_count), labour_min: Number(given.labour_min) } }).then(() => { reports.delete(ticket.id); }));
}

/** What the appliance itself shows after a repair. */
function watched(watch) {
  if (!watch) return null;
  return [words(watch.state), `${watch.record_count} clean records`, watch.cycle_count && `${watch.cycle_count} cycles`,
    watch.state === "watching" && "until " + when(watch.until)].filter(Boolean).join(" · ");
}

/** What to bring and what to try first, as the catalogue has it. */
function guideCard(guide) {
  if (!guide) return null;
  const fact = (name, value) => value ? [el("dt", {}, name), el("dd", {}, value)] : [];
  const article = /^https?:/.test(guide.article) ? el("a", { href: guide.article, rel: "noreferrer" }, guide.article) : guide.article;
  return el("section.card.guide", {}, el("h3", {}, guide.title || words(guide.id)), el("dl", {},
    fact("Try first", guide.remote_remedy), fact("Bring", guide.parts.join(", ")), fact("Skill", words(guide.skill)),
    fact("Takes", guide.labour_min && guide.labour_min + " min"),
    fact(guide.self_help ? "Customer can do it" : "Article", article), fact("Customer reads", guide.message)));
}

/** Whom it is with: rarely all needed, so each opens when asked for. */
function deskForms(ticket, etag) {
  const act = (action, body) => api(`tickets/${encodeURIComponent(ticket.id)}/${action}`, { body, match: etag });
  const why = (required) => el("label", {}, "Why", el("input", { name: "why", required, maxlength: 500 }));
  return [
    folded("Comment", form(null, [el("label", {}, "Text", el("textarea", { name: "text", required: true }))], "Add", (given) => act("comment", given), { key: "Comment" })),
    folded("Assign", form(null, [el("label", {}, "To", el("input", { name: "assignee", value: ticket.assignee, maxlength: 128 })), why(false)], "Assign", (given) => act("assign", given))),
    folded("Escalate", form(null, [el("label", {}, "Level", el("input", { name: "level", type: "number", min: 0, max: 3, value: Math.min(3, ticket.escalation_level + 1) })), why(true)], "Escalate",
      (given) => act("escalate", { ...given, level: Number(given.level) }))),
    folded("Send to another centre", form(null, [el("label", {}, "Centre; empty: the rules decide", el("input", { name: "centre" })), why(false)], "Send",
      ({ centre, why: reason }) => act("route", centre ? { centre, why: reason } : { why: reason }))),
    folded("Merge into another ticket of this device", form(null, [el("label", {}, "Ticket that goes on", el("input", { name: "into", required: true })), why(false)], "Merge", (given) => act("merge", given))),
  ];
}

/** What was promised, and how much of it is left in service hours. */
function serviceLevel(ticket) {
  const { policy, calendar, first_response, resolution } = ticket.sla;
  if (!policy) return null;
  const ended = ticket.sla.clock === "ended";
  const left = (name, ms) => `${name} ${span(ms)} ${ms < 0 ? "over" : "left"}`;
  return [`${policy}, ${calendar === "always" ? "round the clock" : "hours of " + calendar}`,
    ended || ticket.contacted_at ? null : left("first response", first_response.remaining_ms),
    ended ? null : left("resolution", resolution.remaining_ms)].filter(Boolean).join(" · ");
}

/** Where it stands and whose it is. */
function applianceFacts(d, fact) {
  return [fact("Serial", d.serial), fact("Customer", d.customer_id), fact("Region", d.region), fact("Language", d.language),
    fact("Installed", d.installed_at && when(d.installed_at).slice(0, 10)), fact("Last heard", d.last_seen_at && when(d.last_seen_at))].flat();
}

export async function ticket({ id }) {
  const { body, etag } = await api("tickets/" + encodeURIComponent(id));
  const t = body.ticket;
  const { body: d } = await api("devices/" + encodeURIComponent(t.device_id));
  const fact = (name, value) => value ? [el("dt", {}, name), el("dd", {}, value)] : [];
  const evidence = Array.isArray(t.evidence) ? t.evidence : [];
  const page = [el("div.head", {}, el("div", {}, el("h1", {}, words(t.failure_mode) || words(t.component)),
    el("p.soft", {}, el("a.mono", { href: "#/device/" + encodeURIComponent(t.device_id) }, t.device_id), ` · ${t.model} · ${t.id}`)),
    el("div.row", {}, chip(t.origin), chip(t.state), t.decision !== "undecided" ? chip(t.decision) : null)),
    el("div.two", {}, el("div.stack", {},
      evidence.length ? el("section.card.why", {}, el("h3", {}, "Why we think so"), evidence.map((e) =>
        el("div", {}, el("p.says", {}, e.sentence || words(JSON.stringify(e))), plot(e)))) : null,
      el("section.card.story", {}, el("h3", {}, "What happened"), story(body))),
    el("div.stack", {}, guideCard(body.guide), el("section.card.facts", {}, el("dl", {},
      fact("Component", words(t.component)), fact("Severity", t.severity), fact("Rule", t.rule),
      fact("Probability", t.origin === "predicted" && `${percent(t.probability)} within ${span(t.horizon_h * 3600000)}`),
      fact("Detected", when(t.detected_at)), fact("Opened", when(t.opened_at)),
      fact("Contacted", t.contacted_at && when(t.contacted_at)), fact("Resolved", t.resolved_at && when(t.resolved_at)),
      fact("Failed", t.failed_at && when(t.failed_at)), fact("Due", due(t)), fact("Service level", serviceLevel(t)), fact("Centre", t.centre || "unroutable"),
      fact("Why there", t.route_reason), fact("Assigned to", t.assignee), fact("Escalated", t.escalation_level && "level " + t.escalation_level),
      fact("Goes on as", t.merged_into && el("a.mono", { href: "#/ticket/" + encodeURIComponent(t.merged_into) }, t.merged_into)),
      fact("Does it hold", watched(body.watch)), fact("Fleet problem", body.problem_id && (me.role === "centre" ? body.problem_id : el("a.mono", { href: "#/problem/" + encodeURIComponent(body.problem_id) }, body.problem_id))),
      fact("Recurs of", t.recurs_of && el("a.mono", { href: "#/ticket/" + encodeURIComponent(t.recurs_of) }, t.recurs_of)),
      applianceFacts(d, fact), fact("Warranty", words(t.warranty)), fact("Firmware", t.firmware))),
    works() ? [transitionForm(t, etag), t.outcome ? null : outcomeForm(t), deskForms(t, etag)].flat() : null))];
  page.changes = body.events.map((e) => ({ who: e.who, what: words(e.kind) + (e.to && e.from !== e.to ? ` → ${words(e.to)}` : "") }));
  return page;
}
