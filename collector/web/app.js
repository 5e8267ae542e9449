// The console: board, tickets, a ticket, devices. Plain DOM; what one sees is in the URL after '#'.
"use strict";

const kRefreshMs = 5000;
const STATES = ["open", "contacted", "scheduled", "in_progress", "pending_customer", "on_hold",
  "resolved", "closed", "dismissed", "merged", "lapsed"];
const OUTCOMES = ["confirmed_fixed", "other_fault_fixed", "no_fault_found", "fixed_remotely",
  "self_resolved", "preventive_replacement", "failure_repaired", "unit_replaced", "unrepairable",
  "customer_declined"];
const DIMENSIONS = ["model", "firmware", "region", "centre", "component", "failure_mode", "rule",
  "warranty", "segment"];
const main = document.getElementById("main");
let now = new Date();  // the collector's time, which a simulated fleet may run ahead
let timer = 0;
let drawing = 0;       // a view that was left must not draw over the next

// --- small helpers -------------------------------------------------------------------------------

/** Element by "tag.class", attributes, children; functions become listeners. */
function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const words = (text) => (text || "").replaceAll("_", " ");
const chip = (text) => el("span.chip." + (text || "none"), {}, words(text) || "–");
function when(text) {
  if (!text) return "–";
  const at = new Date(text);
  return at.toISOString().slice(0, 16).replace("T", " ");
}
function span(ms) {
  const minutes = Math.abs(ms) / 60000;
  if (minutes < 90) return Math.round(minutes) + " min";
  if (minutes < 60 * 48) return Math.round(minutes / 60) + " h";
  return Math.round(minutes / 1440) + " d";
}
function figure(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en")
    : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

// --- where one is, who one is ----------------------------------------------------------------------

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, id] = path.split("/");
  return { view: view || "board", id: id && decodeURIComponent(id), query: new URLSearchParams(query || "") };
}
function go(view, query) {
  const text = query && query.toString();
  location.hash = "#/" + view + (text ? "?" + text : "");
}
const token = () => sessionStorage.getItem("token") || "";

async function api(path, options = {}) {
  const reply = await fetch("api/v1/" + path, {
    method: options.body ? "POST" : "GET",
    headers: {
      Authorization: "Bearer " + token(),
      ...(options.body ? { "Content-Type": "application/json" } : {}),
      ...(options.match ? { "If-Match": options.match } : {}),
    },
    body: options.body ? JSON.stringify(options.body) : undefined,
  });
  const body = await reply.json().catch(() => ({}));
  if (reply.headers.get("Aftercare-Time")) {
    now = new Date(reply.headers.get("Aftercare-Time"));
    document.getElementById("clock").textContent = when(now) + " UTC";
  }
  if (!reply.ok) throw Object.assign(new Error(body.detail || reply.statusText), { status: reply.status });
  return { body, etag: reply.headers.get("ETag") };
}

// --- views -----------------------------------------------------------------------------------------

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

function interval(kpi) {
  if (kpi.kind !== "rate" || kpi.value === null || kpi.low === null) return null;
  const x = (value) => Math.max(0, Math.min(100, value)) * 2;
  const label = `95 % interval ${kpi.low.toFixed(1)} to ${kpi.high.toFixed(1)} %`;
  return svg("svg", { class: "interval", viewBox: "0 0 200 12", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "track", x: 0, y: 5, width: 200, height: 2 }),
    svg("rect", { class: "span", x: x(kpi.low), y: 3, width: Math.max(1, x(kpi.high) - x(kpi.low)), height: 6, rx: 1 }),
    svg("rect", { class: "at", x: Math.max(0, x(kpi.value) - 1.2), y: 0, width: 2.4, height: 12, rx: 1 }));
}

function origin(kpi) {
  const parts = [];
  if (kpi.kind === "rate" || kpi.kind === "per_thousand") parts.push(`${figure(kpi.numerator)} of ${figure(kpi.denominator)}`);
  if (kpi.kind === "rate" && kpi.low !== null) parts.push(`${kpi.low.toFixed(1)}–${kpi.high.toFixed(1)} %`);
  if (kpi.kind === "duration" && kpi.median !== null) parts.push(`median ${figure(kpi.median)}, p90 ${figure(kpi.p90)}`, `n ${figure(kpi.denominator)}`);
  if (kpi.pending) parts.push(`${kpi.pending} pending`);
  return parts.join(" · ");
}

async function showIds(kpi, target, query) {
  const { body } = await api(`kpis/${kpi.id}/rows?${query}`).catch((error) => ({ body: { error } }));
  if (body.error) { target.replaceChildren(body.error.message); return; }
  const ids = body.numerator_ids;
  target.replaceChildren(...(ids.length ? ids.slice(0, 200).map((id) => el("a.mono", { href: "#/ticket/" + encodeURIComponent(id) }, id)) : ["nothing counted yet"]));
}

function kpiCard(kpi, query) {
  const ids = el("div.ids");
  const more = el("details", { toggle: () => { if (more.open) showIds(kpi, ids, query); } },
    el("summary", {}, "details"), el("p", {}, kpi.definition), ids);
  return el("article.card.kpi", {}, el("h3", {}, kpi.title),
    el("div.value", {}, figure(kpi.value), el("span.unit", {}, kpi.value === null ? "" : kpi.unit)),
    interval(kpi), el("div.from", {}, origin(kpi) || " "), more);
}

function kpiMatrix(groups) {
  const kpis = groups.length ? groups[0].items : [];
  return el("div.wide", {}, el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Figure"),
      groups.map((group) => el("th.num", { scope: "col" }, group.value || "–")))),
    el("tbody", {}, kpis.map((kpi, i) => el("tr", {}, el("th", { scope: "row", title: kpi.definition }, kpi.title, " ", el("span.soft", {}, kpi.unit)),
      groups.map((group) => el("td.num", { title: origin(group.items[i]) }, figure(group.items[i].value))))))));
}

async function board({ query }) {
  const { body } = await api("kpis?" + query);
  const by = el("select", { change: () => { by.value ? query.set("by", by.value) : query.delete("by"); go("board", query); } },
    el("option", { value: "" }, "everything"), DIMENSIONS.map((name) => el("option", { value: name, selected: query.get("by") === name }, words(name))));
  const sections = new Map();
  for (const kpi of body.items || []) sections.set(kpi.section, [...(sections.get(kpi.section) || []), kpi]);
  const titles = { proactive: "Before the customer calls", recurrence: "Does the repair hold", resolution: "How fast it is solved" };
  return [el("div.head", {}, el("div", {}, el("h1", {}, "Board"), el("p.soft.num", {}, `${when(body.from)} to ${when(body.to)} UTC`)),
    el("label", {}, "Cut by", by)),
    body.groups ? kpiMatrix(body.groups) : [...sections].map(([name, kpis]) =>
      [el("h2", {}, titles[name] || name), el("div.grid", {}, kpis.map((kpi) => kpiCard(kpi, query)))]).flat()];
}

function due(ticket) {
  const limit = ticket.contacted_at ? ticket.resolution_due_at : ticket.first_response_due_at;
  if (!limit || ticket.resolved_at) return "–";
  const left = new Date(limit) - now;
  return el(left < 0 ? "span.late" : "span", {}, left < 0 ? span(left) + " late" : "in " + span(left));
}

function ticketRow(ticket) {
  const href = "#/ticket/" + encodeURIComponent(ticket.id);
  return el("tr.link", { click: (event) => { if (!event.target.closest("a")) location.hash = href; } },
    el("td", {}, el("span.dot." + ticket.severity, { title: ticket.severity }), el("a", { href }, words(ticket.failure_mode) || words(ticket.component) || ticket.id)),
    el("td", {}, el("span.mono", {}, ticket.device_id), el("span.soft", {}, " " + ticket.model)),
    el("td", {}, chip(ticket.origin)),
    el("td.num", {}, ticket.origin === "predicted" ? [el("meter", { min: 0, max: 1, value: ticket.probability, "aria-hidden": "true" }), " " + Math.round(100 * ticket.probability) + " %"] : "–"),
    el("td", {}, chip(ticket.state)), el("td", {}, ticket.centre || el("span.late", {}, "unroutable")),
    el("td.num", {}, span(now - new Date(ticket.opened_at))), el("td.num", {}, due(ticket)));
}

async function tickets({ query }) {
  if (!query.has("limit")) query.set("limit", "100");
  const { body } = await api("tickets?" + query);
  const choose = (name, values) => {
    const select = el("select", { change: () => {
      select.value ? query.set(name, select.value) : query.delete(name);
      query.delete("cursor");
      go("tickets", query);
    } }, values.map(([value, title]) => el("option", { value, selected: (query.get(name) || "") === value }, title)));
    return select;
  };
  const device = el("input", { value: query.get("device_id") || "", placeholder: "any", change: () => {
    device.value ? query.set("device_id", device.value) : query.delete("device_id");
    go("tickets", query);
  } });
  const next = body.next_cursor && new URLSearchParams({ ...Object.fromEntries(query), cursor: body.next_cursor });
  return [el("div.head", {}, el("h1", {}, "Tickets"), el("div.row", {},
    el("label", {}, "State", choose("state", [["open_any", "all open"], ["", "any"], ...STATES.map((s) => [s, words(s)])])),
    el("label", {}, "Origin", choose("origin", [["", "any"], ["predicted", "predicted"], ["reactive", "reactive"]])),
    el("label", {}, "Device", device))),
    body.items.length === 0 ? el("p.empty", {}, "No ticket here. That may be good news.") :
      el("div.wide", {}, el("table", {},
        el("thead", {}, el("tr", {}, ["Failure", "Device", "Origin"].map((t) => el("th", { scope: "col" }, t)), el("th.num", { scope: "col" }, "Probability"),
          ["State", "Centre"].map((t) => el("th", { scope: "col" }, t)), ["Age", "Due"].map((t) => el("th.num", { scope: "col" }, t)))),
        el("tbody", {}, body.items.map(ticketRow)))),
    next ? el("p", {}, el("a", { href: "#/tickets?" + next }, "Older ones")) : null];
}

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
  entries.push(...left.map((e) => ({ at: e.at, kind: e.kind, text: words(e.kind) + (e.from && e.to && e.from !== e.to ? ` → ${words(e.to)}` : ""), note: e.why, who: e.who })));
  const rank = { opened: 0, detection: 1 };
  entries.sort((a, b) => a.at.localeCompare(b.at) || (rank[a.kind] ?? 2) - (rank[b.kind] ?? 2));
  return el("ol.line", {}, entries.map((e) => el("li." + e.kind, {}, el("div", {}, e.text, e.who ? el("span.soft", {}, " by " + e.who) : null),
    e.note ? el("div.soft", {}, e.note) : null, el("div.when", {}, when(e.at)))));
}

/** Fields by name, a button, and what went wrong next to it. */
function form(title, fields, action, submit) {
  const problem = el("p.late", { role: "alert" });
  const button = el("button", {}, action);
  return el("section.card", {}, el("h3", {}, title), el("form.stack", { submit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await submit(Object.fromEntries(new FormData(event.target)));
      draw();
    } catch (error) {
      problem.textContent = error.status === 412 ? "Somebody else changed this ticket meanwhile; look again." : error.message;
    }
    button.disabled = false;
  } }, fields, problem, el("div", {}, button)));
}

function transitionForm(ticket, etag) {
  return form("Change state", [
    el("label", {}, "To", el("select", { name: "to" }, STATES.filter((s) => s !== ticket.state && !["merged", "lapsed"].includes(s)).map((s) => el("option", { value: s }, words(s))))),
    el("label", {}, "Why", el("input", { name: "why", required: true }))], "Change",
    (given) => api(`tickets/${encodeURIComponent(ticket.id)}/transition`, { body: given, match: etag }));
}

function outcomeForm(ticket) {
  const id = "console-" + crypto.getRandomValues(new Uint32Array(4)).join("-");
  return form("Report the outcome", [
    el("label", {}, "Result", el("select", { name: "code" }, OUTCOMES.map((code) => el("option", { value: code }, words(code))))),
    el("label", {}, "Component found faulty", el("input", { name: "component", value: ticket.component })),
    el("div.row", {}, el("label", {}, "Visits", el("input", { name: "visit_count", type: "number", min: 0, max: 1000, value: 1 })),
      el("label", {}, "Labour, minutes", el("input", { name: "labour_min", type: "number", min: 0, max: 100000, value: 30 }))),
    el("label", {}, "Note", el("textarea", { name: "note" }))], "Report",
    (given) => api("outcomes", { body: { ...given, id, ticket_id: ticket.id, visit_count: Number(given.visit_count), labour_min: Number(given.labour_min) } }));
}

async function ticket({ id }) {
  const { body, etag } = await api("tickets/" + encodeURIComponent(id));
  const t = body.ticket;
  const fact = (name, value) => value ? [el("dt", {}, name), el("dd", {}, value)] : [];
  const evidence = Array.isArray(t.evidence) ? t.evidence : [];
  return [el("div.head", {}, el("div", {}, el("h1", {}, words(t.failure_mode) || words(t.component)),
    el("p.soft", {}, el("a.mono", { href: "#/device/" + encodeURIComponent(t.device_id) }, t.device_id), ` · ${t.model} · ${t.id}`)),
    el("div.row", {}, chip(t.origin), chip(t.state), t.decision !== "undecided" ? chip(t.decision) : null)),
    el("div.two", {}, el("div.stack", {},
      evidence.length ? el("section.card", {}, el("h3", {}, "Why we think so"), evidence.map((e) =>
        el("div", {}, el("p.says", {}, e.sentence || words(JSON.stringify(e))), plot(e)))) : null,
      el("section.card", {}, el("h3", {}, "What happened"), story(body))),
    el("div.stack", {}, el("section.card", {}, el("dl", {},
      fact("Component", words(t.component)), fact("Severity", t.severity), fact("Rule", t.rule),
      fact("Probability", t.origin === "predicted" && `${Math.round(100 * t.probability)} % within ${span(t.horizon_h * 3600000)}`),
      fact("Detected", when(t.detected_at)), fact("Opened", when(t.opened_at)),
      fact("Contacted", t.contacted_at && when(t.contacted_at)), fact("Resolved", t.resolved_at && when(t.resolved_at)),
      fact("Failed", t.failed_at && when(t.failed_at)), fact("Due", due(t)), fact("Centre", t.centre || "unroutable"),
      fact("Warranty", words(t.warranty)), fact("Firmware", t.firmware),
      fact("Recurs of", t.recurs_of && el("a.mono", { href: "#/ticket/" + encodeURIComponent(t.recurs_of) }, t.recurs_of)))),
    transitionForm(t, etag), t.outcome ? null : outcomeForm(t)))];
}

async function devices({ query }) {
  const { body } = await api("devices?" + query);
  const next = body.next_cursor && new URLSearchParams({ ...Object.fromEntries(query), cursor: body.next_cursor });
  return [el("h1", {}, "Devices"), body.items.length === 0 ? el("p.empty", {}, "No device is registered yet.") :
    el("div.wide", {}, el("table", {},
      el("thead", {}, el("tr", {}, ["Device", "Model", "Firmware", "Region", "Centre", "Last seen"].map((t) => el("th", { scope: "col" }, t)))),
      el("tbody", {}, body.items.map((d) => {
        const href = "#/device/" + encodeURIComponent(d.device_id);
        return el("tr.link", { click: () => { location.hash = href; } }, el("td", {}, el("a.mono", { href }, d.device_id)), el("td", {}, d.model),
          el("td", {}, d.firmware || "–"), el("td", {}, d.region || "–"), el("td", {}, d.centre || "–"), el("td.num", {}, when(d.last_seen_at)));
      })))), next ? el("p", {}, el("a", { href: "#/devices?" + next }, "More")) : null];
}

async function device({ id }) {
  const [{ body: d }, { body: list }] = await Promise.all([api("devices/" + encodeURIComponent(id)), api("tickets?device_id=" + encodeURIComponent(id))]);
  return [el("div.head", {}, el("div", {}, el("h1.mono", {}, d.device_id), el("p.soft", {}, `${d.model} · firmware ${d.firmware || "–"} · last seen ${when(d.last_seen_at)}`))),
    el("h2", {}, "Tickets"), list.items.length ? el("div.wide", {}, el("table", {}, el("tbody", {}, list.items.map(ticketRow)))) : el("p.soft", {}, "None."),
    el("h2", {}, "Faults, newest first"), d.faults.length ? el("div.wide", {}, el("table", {},
      el("thead", {}, el("tr", {}, ["When", "Code", "State"].map((t) => el("th", { scope: "col" }, t)), el("th.num", { scope: "col" }, "Times"))),
      el("tbody", {}, d.faults.map((f) => el("tr", {}, el("td.num", {}, when(f.occurred_at)), el("td", {}, String(f.code)), el("td", {}, f.state), el("td.num", {}, String(f.occurrences))))))) : el("p.soft", {}, "None.")];
}

// --- drawing ---------------------------------------------------------------------------------------

const views = { board, tickets, ticket, devices, device };
const alive = { board: "board", tickets: "tickets", ticket: "tickets", devices: "devices", device: "devices" };

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
    const busy = main.querySelector("details[open], tr.chosen") || main.contains(document.activeElement) && document.activeElement !== main
      || place().view === "ticket" || document.hidden;
    busy ? watch() : draw(true);
  }, kRefreshMs);
}

function choose(step) {
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
    gb: () => go("board"), gt: () => go("tickets", new URLSearchParams({ state: "open_any" })), gd: () => go("devices"),
    j: () => choose(1), k: () => choose(-1),
    u: () => go(alive[place().view], place().view === "ticket" ? new URLSearchParams({ state: "open_any" }) : undefined),
  };
  if (actions[key]) { event.preventDefault(); actions[key](); }
});
document.getElementById("leave").addEventListener("click", () => { sessionStorage.clear(); draw(); });
window.addEventListener("hashchange", () => start());

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
