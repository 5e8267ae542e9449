// Where one is, who one is, and the way to the collector.

import { when } from "./dom.js";

/** The collector's time, which a simulated fleet may run ahead. */
export let now = new Date();
/** Whose the token is; null until the collector said so. */
export let me = null;

export function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, id] = path.split("/");
  return { view: view || "board", id: id && decodeURIComponent(id), query: new URLSearchParams(query || "") };
}

export function go(view, query) {
  const text = query && query.toString();
  location.hash = "#/" + view + (text ? "?" + text : "");
}

export const token = () => sessionStorage.getItem("token") || "";

export function enter(given) {
  sessionStorage.setItem("token", given);
  me = null;
}
export function leave() {
  sessionStorage.clear();
  me = null;
}
/** Asks once who the token's owner is. */
export async function meet() {
  if (!me) me = (await api("me")).body;
  return me;
}
/** Whether the owner of the token may change tickets. */
export const works = () => me.role !== "auditor";

/** Posts without an answer: whether they were stored nobody knows. The same one is sent again as it
 *  was, with its key, and is then done once. */
const unanswered = new Map();
function headersOf(path, { body, match }) {
  const name = path + JSON.stringify(body);
  if (!unanswered.has(name)) {
    const key = [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16)).join("-");
    unanswered.set(name, { "Content-Type": "application/json", "Idempotency-Key": key, ...(match ? { "If-Match": match } : {}) });
  }
  return { headers: unanswered.get(name), answered: () => unanswered.delete(name) };
}

/** Gets, or posts `options.body`; throws what the problem details say. */
export async function api(path, options = {}) {
  const { headers, answered } = options.body ? headersOf(path, options) : { headers: {}, answered: () => {} };
  const reply = await fetch("api/v1/" + path, {
    method: options.body ? "POST" : "GET",
    headers: { Authorization: "Bearer " + token(), ...headers },
    body: options.body && JSON.stringify(options.body),
  }).catch(() => { throw Object.assign(new Error("The collector cannot be reached. Send it again when it can: it is done once."), { status: 0 }); });
  answered();
  const body = await reply.json().catch(() => ({}));
  if (reply.headers.get("Aftercare-Time")) {
    now = new Date(reply.headers.get("Aftercare-Time"));
    document.getElementById("clock").textContent = when(now) + " UTC";
  }
  if (!reply.ok) throw Object.assign(new Error(body.detail || reply.statusText), { status: reply.status });
  return { body, etag: reply.headers.get("ETag") };
}
