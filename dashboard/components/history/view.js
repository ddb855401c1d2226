// What the page shows, as its address says it: a link opens what it was made of.
import { iso, timeOf } from "../common/times.js";

/**
 * @typedef {object} View
 * @property {string} range a name of RANGES, or CUSTOM
 * @property {number | null} from in ms
 * @property {number | null} to in ms
 * @property {string | null} metric
 * @property {string | null} of
 * @property {string[]} hosts
 * @property {string[]} fields
 * @property {string[]} parts
 * @property {string | number | null} compare "yesterday", "week", or a time in ms
 */
/** @typedef {import("../common/times.js").Span} Span */
/** @typedef {View & { metric: string, of: string }} Whole a view in which all is chosen */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const CUSTOM = "custom";
export const RANGES = new Map([
  ["15m", { label: "15 min", length: 15 * MINUTE }],
  ["1h", { label: "1 hour", length: HOUR }],
  ["6h", { label: "6 hours", length: 6 * HOUR }],
  ["24h", { label: "24 hours", length: DAY }],
  ["7d", { label: "7 days", length: 7 * DAY }],
  ["30d", { label: "30 days", length: 30 * DAY }],
]);
const DEFAULT = "1h";

// {range, from, to, metric, of, hosts, fields, parts, compare}; from and to in ms, null where not given.
/** @type {(search: string) => View} */
export function read(search) {
  const query = new URLSearchParams(search);
  const range = query.get("range") ?? "";
  return {
    range: range === CUSTOM || RANGES.has(range) ? range : DEFAULT,
    from: timeOf(query.get("from")),
    to: timeOf(query.get("to")),
    metric: query.get("metric"),
    of: query.get("of"),
    hosts: query.getAll("host"),
    fields: query.getAll("field"),
    parts: query.getAll("part"),
    compare: readCompare(query.get("compare")),
  };
}

/** @type {(view: Whole) => string} */
export function write(view) {
  const query = new URLSearchParams({ range: view.range });
  if (view.range === CUSTOM) {
    query.set("from", iso(view.from ?? 0));
    query.set("to", iso(view.to ?? 0));
  }
  query.set("metric", view.metric);
  query.set("of", view.of);
  for (const [name, values] of Object.entries({ field: view.fields, host: view.hosts, part: view.parts })) {
    for (const value of values) query.append(name, value);
  }
  if (view.compare !== null) query.set("compare", typeof view.compare === "number" ? iso(view.compare) : view.compare);
  return query.toString();
}

// The stretch of time shown, as [start, stop] in ms; null when it has no length.
/** @type {(view: View, now: number) => Span | null} */
export function span(view, now) {
  const range = RANGES.get(view.range);
  if (range) return [now - range.length, now];
  return view.from !== null && view.to !== null && view.from < view.to ? [view.from, view.to] : null;
}

// How long before `start` the compared range begins, in ms; null when nothing is compared.
// Yesterday at noon is a day before noon on the clock, also where the clocks changed in between.
/** @type {(compare: string | number | null, start: number) => number | null} */
export function shift(compare, start) {
  if (compare === null) return null;
  if (typeof compare === "number") return start - compare;
  const then = new Date(start);
  then.setDate(then.getDate() - (compare === "week" ? 7 : 1));
  return start - then.getTime();
}

/** @type {(text: string | null) => string | number | null} */
function readCompare(text) {
  return text === "yesterday" || text === "week" ? text : timeOf(text);
}
