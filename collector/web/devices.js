// The fleet: which appliances there are, and one of them with its faults and tickets.

import { api, go } from "./api.js";
import { el, linkRow, older, table, when } from "./dom.js";
import { ticketTable } from "./tickets.js";

export async function devices({ query }) {
  const { body } = await api("devices?" + query);
  const field = el("input.mono", { name: "find", placeholder: "as on its label", required: true, autocapitalize: "off", spellcheck: "false" });
  const find = el("form.row", { submit: (event) => { event.preventDefault(); go("device/" + encodeURIComponent(field.value.trim())); } },
    el("label", {}, "Device", field), el("button.quiet", {}, "Show"));
  return [el("div.head", {}, el("h1", {}, "Devices"), find), body.items.length === 0 ? el("p.empty", {}, "No device is registered yet.") :
    table(["Device", "Model", "Firmware", "Region", "Centre", "Last seen#"], body.items.map((d) => {
      const href = "#/device/" + encodeURIComponent(d.device_id);
      return linkRow(href, el("td", {}, el("a.mono", { href }, d.device_id)), el("td", {}, d.model),
        el("td", {}, d.firmware || "–"), el("td", {}, d.region || "–"), el("td", {}, d.centre || "–"), el("td.num", {}, when(d.last_seen_at)));
    })), older("devices", body, query, "More")];
}

export async function device({ id }) {
  const [{ body: d }, { body: list }] = await Promise.all([api("devices/" + encodeURIComponent(id)), api("tickets?device_id=" + encodeURIComponent(id))]);
  return [el("div.head", {}, el("div", {}, el("h1.mono", {}, d.device_id), el("p.soft", {}, `${d.model} · firmware ${d.firmware || "–"} · last seen ${when(d.last_seen_at)}`))),
    el("h2", {}, "Tickets"), list.items.length ? ticketTable(list.items) : el("p.soft", {}, "None."),
    el("h2", {}, "Faults, newest first"), d.faults.length
      ? table(["When", "Code", "State", "Times#"], d.faults.map((f) => [when(f.occurred_at), String(f.code), f.state, String(f.occurrences)]))
      : el("p.soft", {}, "None.")];
}
