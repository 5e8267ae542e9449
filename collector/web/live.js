// Ticket events and changes of rules as they are stored. Read with fetch: an EventSource cannot send the token.

import { token } from "./api.js";

const kRetryMs = 2000;
const kRetryMaxMs = 60000;

let stream = null;  // an AbortController while somebody listens
let lastId = "";

/** Tells `heard` each event and its kind, `changed` whether the stream is up. Goes on where it broke. */
export async function listen(heard, changed) {
  if (stream) return;
  const mine = stream = new AbortController();
  let pause = kRetryMs;
  while (stream === mine) {
    const began = Date.now();
    await read(mine.signal, heard, changed).catch(() => {});
    if (stream !== mine) return;
    changed(false);
    pause = Date.now() - began > kRetryMaxMs ? kRetryMs : Math.min(2 * pause, kRetryMaxMs);
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** Nobody listens any more; somebody else may be the next. */
export function hush() {
  if (stream) stream.abort();
  stream = null;
  lastId = "";
}

async function read(signal, heard, changed) {
  const headers = { Authorization: "Bearer " + token() };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const reply = await fetch("api/v1/events", { headers, signal });
  if (!reply.ok) {
    lastId = "";
    return;
  }
  changed(true);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      if (fields.id) lastId = fields.id;
      if (fields.data) heard(JSON.parse(fields.data), fields.event);
    }
  }
}
