// Where one is, who one is, and the way to the collector.

import { when } from "./dom.js";

/** The collector's time, which a simulated fleet may run ahead. */
export let now = new Date();

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

/** Gets, or posts `options.body`; throws what the problem details say. */
export async function api(path, options = {}) {
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
