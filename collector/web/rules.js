// The record of each rule: what it foretold, what came of it, what that saved.

import { api, me } from "./api.js";
import { chip, el, figure, form, linkRow, percent, table, when } from "./dom.js";

const between = ([low, high]) => `${Math.round(100 * low)}–${percent(high)}`;
const range = (share, interval) => share === null ? "–"
  : [percent(share), interval ? el("span.soft", {}, " " + between(interval)) : null];

function costs(figures, currency) {
  return figures.cost_saved === null ? "–" : `${figure(figures.cost_saved)} ${currency}`;
}

const FIGURES = ["Predictions#", "Decided#", "Precision#", "Failures foreseen#", "Lead#", "No fault found#", "Saved#"];
const figures = (f, currency) => [String(f.tickets + f.trials), String(f.decided), range(f.precision, f.precision_interval),
  [`${f.foreseen} of ${f.failures}`, f.recall_share === null ? null : el("span.soft", {}, " " + percent(f.recall_share))],
  f.median_lead_h === null ? "–" : figure(f.median_lead_h) + " h", percent(f.no_fault_found_rate), costs(f, currency)];

function standing(rule) {
  if (rule.standing) return `${rule.standing.who}, ${when(rule.standing.at)}: ${rule.standing.why}`;
  return "Its mode is the pack's.";
}

function ruleRow(rule, currency) {
  const href = "#/rule/" + encodeURIComponent(`${rule.id}@${rule.version}`);
  return linkRow(href, el("td", {}, el("a", { href }, rule.title || rule.id), el("div.soft", {}, el("span.mono", {}, `${rule.id}@${rule.version}`), rule.in_force ? null : " older", rule.from ? ` · since ${when(rule.from)}` : null, rule.to ? ` to ${when(rule.to)}` : null)),
    el("td", { title: standing(rule) }, chip(rule.mode)), figures(rule.total, currency).map((cell) => el("td.num", {}, cell)));
}

/** Do the probabilities come true? One bar a bin: predicted against seen. */
function reliability(what, table_) {
  if (!table_) return null;
  const bins = table_.bins.filter((bin) => bin.count > 0);
  return el("section", {}, el("h2", {}, "Do probabilities come true: " + what),
    el("p.soft", {}, `${table_.count} decided · Brier score ${table_.brier.toFixed(3)} · calibration error ${table_.calibration_error.toFixed(3)}`),
    table(["Said#", "Came true#", "Of#", "95 % interval#"], bins.map((bin) => [percent(bin.mean_probability), percent(bin.right / bin.count), String(bin.count),
      bin.right_interval ? between(bin.right_interval) : "–"])));
}

/** Has the collector read its rule files again, and says what that changed. */
function readAgain() {
  const said = el("span.soft", { role: "status" });
  const read = async () => {
    const change = await api("rules/reload", { body: {} }).then((reply) => reply.body, (error) => error);
    said.textContent = change.message || ["added", "restarted", "altered", "removed"].filter((what) => change[what].length)
      .map((what) => `${what}: ${change[what].join(", ")}`).join(" · ") || "nothing changed";
  };
  return el("div.row", {}, said, el("button.quiet", { type: "button", click: read }, "Read the pack again"));
}

export async function rules() {
  const { body } = await api("rules/report");
  return [el("div.head", {}, el("h1", {}, "Rules"), me.may_change_rules ? readAgain() : null), el("p.soft", {}, "Live rules open tickets. Shadow and shelved ones are scored all the same, unseen."),
    body.rules.length ? table(["Rule", "Mode", ...FIGURES], body.rules.map((rule) => ruleRow(rule, body.currency))) : el("p.empty", {}, "The pack holds no rule."),
    reliability("tickets", body.reliability.tickets), reliability("trials", body.reliability.trials),
    body.changes.length ? [el("h2", {}, "Who changed what"), table(["When", "Rule", "Mode", "Who", "Why", "Right#", "Wrong#"], body.changes.map((c) =>
      [when(c.at), el("span.mono", {}, `${c.rule_id}@${c.version}`), chip(c.mode), c.who, c.why, String(c.right), String(c.wrong)]))] : null].flat();
}

export async function rule({ id }) {
  const { body } = await api("rules/report");
  const found = body.rules.find((one) => `${one.id}@${one.version}` === id);
  if (!found) return [el("h1", {}, id), el("p.empty", {}, "No such rule in this pack or among older versions with predictions.")];
  return [el("div.head", {}, el("div", {}, el("h1", {}, found.title || found.id), el("p.soft", {}, el("span.mono", {}, id), ` · ${found.component} · ${found.failure_mode}`)), chip(found.mode)),
    el("p", {}, standing(found)),
    el("p.soft", {}, `The pack gives it ${percent(found.pack_probability)}; it shelves itself below ${percent(found.precision_floor)} once ${found.decided_min} are decided.`),
    table(["Model", "Firmware", "Probability now#", ...FIGURES], [["all", "all", "", ...figures(found.total, body.currency)],
      ...found.cuts.map((cut) => [cut.model, cut.firmware || "–", percent(cut.probability), ...figures(cut, body.currency)])]),
    found.in_force && me.may_change_rules ? el("div.narrow", {}, form("Change what it may do", [
      el("label", {}, "Mode", el("select", { name: "mode" }, ["live", "shadow", "shelved"].filter((mode) => mode !== found.mode).map((mode) => el("option", { value: mode }, mode)))),
      el("label", {}, "Why", el("input", { name: "reason", required: true, maxlength: 500 }))], "Change",
      (given) => api(`rules/${encodeURIComponent(found.id)}/standing`, { body: given }))) : null];
}
