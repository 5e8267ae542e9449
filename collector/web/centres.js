// Who has how much: service centres with their hours, what they serve and their open tickets.

import { api } from "./api.js";
import { el, table, when } from "./dom.js";

/** A count that leads to the tickets it counts. */
function counted(count, centre, filter, kind) {
  if (!count) return "0";
  return el("a" + kind, { href: "#/tickets?" + new URLSearchParams({ state: "open_any", centre, ...filter }) }, String(count));
}

const loadCells = (load, centre) => [counted(load.open_count, centre, {}, ""), counted(load.at_risk_count, centre, { sla: "at_risk" }, ".risk"),
  counted(load.breached_count, centre, { sla: "breached" }, ".late"), counted(load.over_capacity_count, centre, { queue: "over_capacity" }, ".risk")];

function hours(centre) {
  const of = centre.calendar === "always" ? "round the clock" : "hours of " + centre.calendar;
  return [centre.is_open_now ? el("span.chip.live", {}, "open now") : el("span.chip", {}, "closed"),
    el("div.soft", {}, centre.is_open_now || !centre.opens_at ? of : `opens ${when(centre.opens_at)} UTC`)];
}

function serves(centre) {
  if (!centre.configured) return el("span.soft", {}, "in no configuration; only tickets name it");
  return [["regions", centre.regions], ["families", centre.families], ["skills", centre.skills], ["languages", centre.languages]]
    .filter(([, list]) => list.length).map(([name, list]) => el("div", {}, el("span.soft", {}, name + " "), list.join(", ")));
}

export async function centres() {
  const { body } = await api("centres");
  const rows = body.items.map((c) => [[el("b", {}, c.name), c.name === c.id ? null : el("div.soft.mono", {}, c.id)], hours(c), serves(c),
    c.capacity_per_day === null ? el("span.soft", {}, "no limit") : c.capacity_per_day + " a day", c.delivery === "mqtt" ? "desk topic" : "console", ...loadCells(c.load, c.id)]);
  const lost = body.without_centre;
  if (lost && lost.open_count) {
    rows.push([[el("b.late", {}, "No centre"), el("div.soft", {}, "nobody serves them")], "–", "–", "–", "–",
      el("a.late", { href: "#/tickets?queue=unroutable" }, String(lost.open_count)), String(lost.at_risk_count), String(lost.breached_count), "–"]);
  }
  return [el("div.head", {}, el("div", {}, el("h1", {}, "Service centres"), el("p.soft", {}, "Who has how much of what is open."))),
    rows.length ? table(["Centre", "Hours", "Serves", "Takes", "Learns by", "Open#", "At risk#", "Late#", "Over capacity#"], rows)
      : el("p.empty", {}, "No centre is configured, and no ticket names one.")];
}
