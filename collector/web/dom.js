// Elements, words and figures: what every view is made of.

/** Element by "tag.class", attributes, children; functions become listeners. */
export function el(kind, attributes = {}, ...children) {
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

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const words = (text) => (text || "").replaceAll("_", " ");
export const chip = (text) => el("span.chip." + (text || "none"), {}, words(text) || "–");

/** To the minute, UTC. */
export function when(text) {
  if (!text) return "–";
  const at = new Date(text);
  return at.toISOString().slice(0, 16).replace("T", " ");
}

export function span(ms) {
  const minutes = Math.abs(ms) / 60000;
  if (minutes < 90) return Math.round(minutes) + " min";
  if (minutes < 60 * 48) return Math.round(minutes / 60) + " h";
  return Math.round(minutes / 1440) + " d";
}

export function figure(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en")
    : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
export const percent = (share) => share === null || share === undefined ? "–" : Math.round(100 * share) + " %";

/** Column titles, those of figures with a trailing "#"; rows of cells or whole row elements. */
export function table(titles, rows) {
  const number = (title) => title.endsWith("#");
  return el("div.wide", {}, el("table", {},
    el("thead", {}, el("tr", {}, titles.map((title) => el(number(title) ? "th.num" : "th", { scope: "col" }, title.replace(/#$/, ""))))),
    el("tbody", {}, rows.map((row) => Array.isArray(row)
      ? el("tr", {}, row.map((cell, i) => el(number(titles[i]) ? "td.num" : "td", {}, cell))) : row))));
}

/** A row that leads somewhere wherever it is clicked; its first link is what the keyboard opens. */
export function linkRow(href, ...cells) {
  return el("tr.link", { click: (event) => { if (!event.target.closest("a, button, input")) location.hash = href; } }, cells.flat());
}

/** A select whose choice becomes the query parameter `name`. */
export function choose(name, options, query, changed) {
  const select = el("select", { change: () => {
    select.value ? query.set(name, select.value) : query.delete(name);
    query.delete("cursor");
    changed(query);
  } }, options.map(([value, title]) => el("option", { value, selected: (query.get(name) || "") === value }, title)));
  return select;
}

/** A text field whose value becomes the query parameter `name`. */
export function fill(name, query, changed) {
  return el("input", { value: query.get(name) || "", placeholder: "any", change: (event) => {
    event.target.value ? query.set(name, event.target.value) : query.delete(name);
    query.delete("cursor");
    changed(query);
  } });
}

/** The link to a list's next page, or nothing. */
export function older(view, body, query, title) {
  if (!body.next_cursor) return null;
  const next = new URLSearchParams({ ...Object.fromEntries(query), cursor: body.next_cursor });
  return el("p", {}, el("a", { href: `#/${view}?${next}` }, title));
}

/** Fields by name, a button, and what went wrong next to it. `submit` gets the fields' values; what
 *  it throws is shown. */
export function form(title, fields, action, submit) {
  const problem = el("p.late", { role: "alert" });
  const button = el("button", {}, action);
  const inside = el("form.stack", { submit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await submit(Object.fromEntries(new FormData(event.target)));
      document.dispatchEvent(new Event("changed"));
    } catch (error) {
      problem.textContent = error.status === 412 ? "Somebody else changed this meanwhile; look again." : error.message;
    }
    button.disabled = false;
  } }, fields, problem, el("div", {}, button));
  return title ? el("section.card", {}, el("h3", {}, title), inside) : inside;
}

/** Rarely needed: shown when asked for. */
export const folded = (title, content) => el("details.card", {}, el("summary", {}, title), content);
