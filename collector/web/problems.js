// Fleet problems: one rule, one model, one firmware, many devices; a person decides what becomes of them.

import { api, go, me } from "./api.js";
import { chip, choose, el, form, linkRow, older, percent, table, when, words } from "./dom.js";

const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Where a problem stands, in words. */
function stage(problem) {
  if (problem.state !== "open") return problem.settled_at ? "settled " + when(problem.settled_at) : "being settled";
  return problem.guard_ended_at ? "flood over since " + when(problem.guard_ended_at) + ", waits for a decision" : "further devices are attached";
}

export async function problems({ query }) {
  const { body } = await api("problems?" + query);
  return [el("div.head", {}, el("div", {}, el("h1", {}, "Fleet problems"), el("p.soft", {}, "A flood of one rule on one model and firmware opens one problem instead of a ticket a device.")),
    el("label", {}, "State", choose("state", [["unsettled", "unsettled"], ["", "any"], ...["open", "released", "rolled_up", "resolved"].map((s) => [s, words(s)])], query, (q) => go("problems", q)))),
    body.items.length === 0 ? el("p.empty", {}, "No flood. Each detection has a ticket of its own.") :
      table(["Failure", "Model", "Firmware", "Devices#", "Of#", "Tickets before#", "State", "Since"], body.items.map((p) => {
        const href = "#/problem/" + encodeURIComponent(p.id);
        return linkRow(href, el("td", {}, el("span.dot." + p.severity, { title: p.severity, role: "img", "aria-label": p.severity }), el("a", { href }, words(p.failure_mode)), el("div.soft.mono", {}, p.rule_id)),
          el("td", {}, p.model), el("td", {}, p.firmware || "–"), el("td.num", {}, String(p.device_count)), el("td.num", {}, String(p.fleet_count)),
          el("td.num", {}, String(p.ticket_count)), el("td", {}, chip(p.state), el("div.soft", {}, stage(p))), el("td.num", {}, when(p.started_at)));
      })), older("problems", body, query, "Older ones")];
}

function decisions(problem, etag) {
  const all = `${many(problem.device_count, "attached device")} and ${many(problem.ticket_count, "ticket")}`;
  const why = () => el("label", {}, "Why", el("input", { name: "reason", required: true, maxlength: 500 }));
  const act = (action) => (given) => api(`problems/${encodeURIComponent(problem.id)}/${action}`, { body: given, match: etag }).then(() => "Decided; its tickets follow.");
  return el("div.grid", {},
    form("Open a ticket for each device", [el("p.soft", {}, "When each appliance needs a visit."), why()], "Release", act("release"), { sure: () => `Open ${many(problem.device_count, "ticket")}, one for each attached device?` }),
    form("Keep it as one problem", [el("p.soft", {}, "Its tickets are merged into it; devices stay attached."), why()], "Roll up", act("roll_up"), { sure: () => `Keep ${all} as this one problem?` }),
    form("Resolve all together", [el("label", {}, "Result", el("select", { name: "code" }, ["fixed_remotely", "self_resolved", "no_fault_found"].map((code) => el("option", { value: code }, words(code))))), why()], "Resolve", act("resolve"), { sure: ({ code }) => `Resolve ${all} as ${words(code)}?` }));
}

export async function problem({ id, query }) {
  const { body: p, etag } = await api(`problems/${encodeURIComponent(id)}?${query}`);
  const page = [el("div.head", {}, el("div", {}, el("h1", {}, `${words(p.failure_mode)} on ${p.model} ${p.firmware}`),
    el("p.soft", {}, el("span.mono", {}, p.rule_id), ` · ${many(p.device_count, "device")} attached and ${many(p.ticket_count, "ticket")}, of ${p.fleet_count} in the field · ${stage(p)}`)), chip(p.state)),
    el("p", {}, `Began ${when(p.started_at)} with ${p.start_count} devices within the window; ends below ${p.end_count}. ${p.why}`),
    p.state === "resolved" || p.state === "released" || me.role !== "maker" ? null : decisions(p, etag),
    el("h2", {}, "Devices"), table(["Device", "Why", "Probability#", "Detections#", "First", "Ticket"], p.devices.items.map((d) => [
      el("a.mono", { href: "#/device/" + encodeURIComponent(d.device_id) }, d.device_id), (d.evidence[0] || {}).sentence || "–", percent(d.probability), String(d.detection_count), when(d.detected_at),
      d.ticket_id ? el("a.mono", { href: "#/ticket/" + encodeURIComponent(d.ticket_id) }, d.ticket_id) : el("span.soft", {}, "attached")])),
    older("problem/" + encodeURIComponent(id), p.devices, query, "More devices"),
    el("h2", {}, "What happened"), el("ol.line", {}, p.events.map((e) => el("li", {}, el("div", {}, words(e.kind), el("span.soft", {}, " by " + e.who)), e.why ? el("div.soft", {}, e.why) : null, el("div.when", {}, when(e.at)))))];
  page.changes = p.events.map((e) => ({ who: e.who, what: words(e.kind) }));
  return page;
}
