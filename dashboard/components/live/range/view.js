// Which stretch of time the page shows, as its address says it: `range=24h`, or `range=custom&from=…&to=…`.
import { iso, timeOf } from "../../common/times.js";

/** @typedef {import("../../common/times.js").Span} Span */
/** @typedef {{ range: string, from: number | null, to: number | null }} Period `range` is LIVE, CUSTOM or a name of RANGES; times in ms */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [SOONEST, LATEST] = [10_000, 60_000];

export const LIVE = "live";
export const CUSTOM = "custom";
export const RANGES = new Map([
  ["1h", { label: "1 h", length: HOUR }],
  ["12h", { label: "12 h", length: 12 * HOUR }],
  ["24h", { label: "24 h", length: DAY }],
  ["7d", { label: "7 d", length: 7 * DAY }],
  ["30d", { label: "30 d", length: 30 * DAY }],
]);
// Those that History has too, by the same names.
const OF_HISTORY = ["1h", "24h", "7d", "30d"];

// What cannot be read is as if it were not there: the page is live.
/** @type {(search: string) => Period} */
export function read(search) {
  const query = new URLSearchParams(search);
  const range = query.get("range") ?? LIVE;
  if (RANGES.has(range)) return { range, from: null, to: null };
  const [from, to] = [timeOf(query.get("from")), timeOf(query.get("to"))];
  return range === CUSTOM && from !== null && to !== null ? { range, from, to } : { range: LIVE, from: null, to: null };
}

// The same address with that period in it.
/** @type {(href: string, period: Period) => string} */
export function write(href, { range, from, to }) {
  const url = new URL(href);
  for (const name of ["range", "from", "to"]) url.searchParams.delete(name);
  if (range !== LIVE) url.searchParams.set("range", range);
  if (from !== null) url.searchParams.set("from", iso(from));
  if (to !== null) url.searchParams.set("to", iso(to));
  return url.href;
}

// In ms; null for what is live, and for what has no length.
/** @type {(period: Period, now: number) => Span | null} */
export function span({ range, from, to }, now) {
  const known = RANGES.get(range);
  if (known) return [now - known.length, now];
  return from !== null && to !== null && from < to ? [from, to] : null;
}

// The same stretch as History's address has it.
/** @type {(range: string, span: Span) => Record<string, string>} */
export function inHistory(range, [from, to]) {
  return OF_HISTORY.includes(range) ? { range } : { range: CUSTOM, from: iso(from), to: iso(to) };
}

// After how long a range that ends now is asked for again, in ms: there is a new bucket by then.
/** @type {(interval: number) => number} */
export function pace(interval) {
  return Math.min(LATEST, Math.max(SOONEST, interval));
}
