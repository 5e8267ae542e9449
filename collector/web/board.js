// The KPI board: figures with their intervals, where they come from, and cut by a dimension.

import { api, go } from "./api.js";
import { choose, el, figure, svg, when, words } from "./dom.js";

const DIMENSIONS = ["model", "firmware", "region", "centre", "component", "failure_mode", "rule",
  "warranty", "segment"];
const SECTIONS = { proactive: "Before the customer calls", recurrence: "Does the repair hold", resolution: "How fast it is solved" };

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
  const more = el("details", { "data-fold": kpi.id, toggle: () => { if (more.open) showIds(kpi, ids, query); } },
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

export async function board({ query }) {
  const { body } = await api("kpis?" + query);
  const by = choose("by", [["", "everything"], ...DIMENSIONS.map((name) => [name, words(name)])], query, (q) => go("board", q));
  const sections = new Map();
  for (const kpi of body.items || []) sections.set(kpi.section, [...(sections.get(kpi.section) || []), kpi]);
  return [el("div.head", {}, el("div", {}, el("h1", {}, "Board"), el("p.soft.num", {}, `${when(body.from)} to ${when(body.to)} UTC`)),
    el("label", {}, "Cut by", by)),
    body.groups ? kpiMatrix(body.groups) : [...sections].map(([name, kpis]) =>
      [el("h2", {}, SECTIONS[name] || name), el("div.grid", {}, kpis.map((kpi) => kpiCard(kpi, query)))]).flat()];
}
