// How often a rule would have fired in the last 30 days: a sentence, and each time as a mark.
import { span } from "../common/format.js";

/** @typedef {{ host: string, part: string, since: string, until: string | null }} Fired */
/** @typedef {{ start_time: string, end_time: string, interval: string, times: number, hosts: number, of_hosts: number, complete: boolean, why: string | null, fired: Fired[] }} Preview */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 720;
const MOST_NAMES = 4;

// Null clears it; a text is said in its place.
/** @type {(parts: import("../common/parts.js").Parts, found: Preview | string | null) => void} */
export function drawPreview(parts, found) {
  const strip = parts.get("strip");
  const isDrawn = found !== null && typeof found === "object" && !found.why;
  strip.toggleAttribute("hidden", !isDrawn);
  parts.get("ends").hidden = !isDrawn;
  parts.text("preview-text", found === null ? "" : typeof found === "string" ? found : said(found));
  parts.get("preview").dataset.state = found === null ? "empty" : isDrawn ? "drawn" : "said";
  if (isDrawn) strip.replaceChildren(...marks(found));
}

/** @type {(found: Preview) => string} */
export function said({ times, hosts, of_hosts, complete, why, interval, fired }) {
  if (why) return `${why}: no preview.`;
  const among = complete ? "" : ` Time ran out after ${hosts} of ${of_hosts} hosts.`;
  if (!times) return `It would not have fired in the last 30 days.${among}`;
  const often = times === 1 ? "once" : `${times} times`;
  return `It would have fired ${often} in the last 30 days${where(fired)}${lasting(fired)}. Seen in steps of ${interval.replace(/m$/, " min").replace(/h$/, " h")}.${among}`;
}

// ": nas 9, pi 3"
/** @type {(fired: Fired[]) => string} */
function where(fired) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { host } of fired) counts.set(host, (counts.get(host) ?? 0) + 1);
  if (counts.size === 1) return ` on ${fired[0].host}`;
  const named = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_NAMES).map(([host, count]) => `${host} ${count}`);
  if (counts.size > named.length) named.push(`${counts.size - named.length} more hosts`);
  return `: ${named.join(", ")}`;
}

/** @type {(fired: Fired[]) => string} */
function lasting(fired) {
  const lengths = fired.flatMap(({ since, until }) => (until ? [Date.parse(until) - Date.parse(since)] : [])).sort((a, b) => a - b);
  return lengths.length ? `, mostly for ${span(lengths[lengths.length >> 1] / 1000)}` : "";
}

/** @type {(found: Preview) => Element[]} */
function marks({ start_time, end_time, fired }) {
  const start = Date.parse(start_time);
  const scale = WIDTH / (Date.parse(end_time) - start);
  return fired.map(({ host, since, until }) => {
    const from = (Date.parse(since) - start) * scale;
    const to = until ? (Date.parse(until) - start) * scale : WIDTH;
    const mark = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x: from, y: 0, width: Math.max(2, to - from), height: 28 })) mark.setAttribute(name, String(value));
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${host}, ${new Date(since).toLocaleString("en-GB")}`;
    mark.append(title);
    return mark;
  });
}
