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
  const body = rows.map((row) => Array.isArray(row) ? el("tr", {}, row.map((cell, i) => el(number(titles[i]) ? "td.num" : "td", {}, cell))) : row);
  // On a phone each row is a card, and each cell says what it is.
  for (const row of body) [...row.children].forEach((cell, i) => { cell.dataset.title = titles[i].replace(/#$/, ""); if (cell.textContent === "–") cell.dataset.none = ""; });
  return el("div.wide", {}, el("table.cards", {},
    el("thead", {}, el("tr", {}, titles.map((title) => el(number(title) ? "th.num" : "th", { scope: "col" }, title.replace(/#$/, ""))))),
    el("tbody", {}, body)));
}

/** A row that leads somewhere wherever it is clicked; its first link is what the keyboard opens. */
export function linkRow(href, ...cells) {
  return el("tr.link", { click: (event) => { if (!event.target.closest("a, button, input")) location.hash = href; } }, cells.flat());
}

/** A select whose choice becomes the query parameter `name`. */
export function choose(name, options, query, changed) {
  const select = el("select", { name: "filter-" + name, change: () => {
    select.value ? query.set(name, select.value) : query.delete(name);
    query.delete("cursor");
    changed(query);
  } }, options.map(([value, title]) => el("option", { value, selected: (query.get(name) || "") === value }, title)));
  return select;
}

/** A text field whose value becomes the query parameter `name`. */
export function fill(name, query, changed) {
  return el("input", { name: "filter-" + name, value: query.get(name) || "", placeholder: "any", change: (event) => {
    event.target.value ? query.set(name, event.target.value) : query.delete(name);
    query.delete("cursor");
    changed(query);
  } });
}

/** The links to a list's next page and back to its first, or nothing. */
export function older(view, body, query, title) {
  const to = (cursor) => {
    const next = new URLSearchParams(query);
    cursor ? next.set("cursor", cursor) : next.delete("cursor");
    return `#/${view}?${next}`;
  };
  if (!body.next_cursor && !query.has("cursor")) return null;
  return el("p.row", {}, query.has("cursor") ? el("a", { href: to("") }, "Back to the first") : null,
    body.next_cursor ? el("a", { href: to(body.next_cursor) }, title) : null);
}

/** Asks before what cannot be taken back; true = yes. */
export function ask(question, yes) {
  return new Promise((answered) => {
    const dialog = el("dialog", { "aria-label": question, close: () => { dialog.remove(); answered(dialog.returnValue === "yes"); } },
      el("p", {}, question), el("div.row", {},
        el("button", { type: "button", click: () => dialog.close("yes") }, yes),
        el("button.quiet", { type: "button", autofocus: true, click: () => dialog.close("") }, "Go back")));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Forms whose answer is awaited: until then nothing is drawn under them. */
export let sending = 0;

/** Fields by name, a button, and what went wrong next to it. `submit` gets the fields' values; what
 *  it throws is shown, what it returns as text is told. With `sure` the question that it makes of
 *  the values is asked first. `key` tells apart forms of one title. */
export function form(title, fields, action, submit, { sure, key } = {}) {
  const problem = el("p.late", { role: "alert" });
  const button = el("button", {}, action);
  const inside = el("form.stack", { "data-form": key || title || action, submit: async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(inside));
    problem.textContent = "";
    button.disabled = true;
    ++sending;
    let news = null;
    try {
      const question = sure && sure(given);
      if (question && !(await ask(question, action))) return;
      const told = await submit(given);
      inside.reset();
      if (inside.closest("details")) inside.closest("details").open = false;
      news = new CustomEvent("changed", { detail: typeof told === "string" ? told : "Stored." });
    } catch (error) {
      problem.textContent = error.message;
      if (error.status === 412) inside.dataset.stale = "";
      if (error.status === 412 || error.status === 0 || error.partly) news = new Event("stale");
    } finally {
      button.disabled = false;
      --sending;
    }
    if (news) document.dispatchEvent(news);
  } }, fields, problem, el("div", {}, button));
  return title ? el("section.card", {}, el("h3", {}, title), inside) : inside;
}

/** Rarely needed: shown when asked for. */
export const folded = (title, content) => el("details.card", { "data-fold": title }, el("summary", {}, title), content);
