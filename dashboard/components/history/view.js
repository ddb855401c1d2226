// What the page shows, as its address says it: a link opens what it was made of.

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
export const SHORTEST = 10_000; // what a zoom may show, in ms
const DEFAULT = "1h";

// {range, from, to, metric, of, hosts, fields, parts, compare}; from and to in ms, null where not given.
export function read(search) {
  const query = new URLSearchParams(search);
  const range = query.get("range");
  return {
    range: range === CUSTOM || RANGES.has(range) ? range : DEFAULT,
    from: moment(query.get("from")),
    to: moment(query.get("to")),
    metric: query.get("metric"),
    of: query.get("of"),
    hosts: query.getAll("host"),
    fields: query.getAll("field"),
    parts: query.getAll("part"),
    compare: readCompare(query.get("compare")),
  };
}

export function write(view) {
  const query = new URLSearchParams({ range: view.range });
  if (view.range === CUSTOM) {
    query.set("from", iso(view.from));
    query.set("to", iso(view.to));
  }
  query.set("metric", view.metric);
  query.set("of", view.of);
  for (const [name, values] of [["field", view.fields], ["host", view.hosts], ["part", view.parts]]) {
    for (const value of values) query.append(name, value);
  }
  if (view.compare !== null) query.set("compare", typeof view.compare === "number" ? iso(view.compare) : view.compare);
  return query.toString();
}

// The stretch of time shown, as [start, stop] in ms; null when it has no length.
export function span(view, now) {
  if (view.range !== CUSTOM) return [now - RANGES.get(view.range).length, now];
  return view.from !== null && view.to !== null && view.from < view.to ? [view.from, view.to] : null;
}

// How long before `start` the compared range begins, in ms; null when nothing is compared.
// Yesterday at noon is a day before noon on the clock, also where the clocks changed in between.
export function shift(compare, start) {
  if (compare === null) return null;
  if (typeof compare === "number") return start - compare;
  const then = new Date(start);
  then.setDate(then.getDate() - (compare === "week" ? 7 : 1));
  return start - then.getTime();
}

// [start, stop] moved by `share` of its length, or made `factor` times as long around its middle.
export function moved([start, stop], share) {
  const by = (stop - start) * share;
  return [start + by, stop + by];
}

export function widened([start, stop], factor) {
  const middle = (start + stop) / 2;
  const half = Math.max(SHORTEST, (stop - start) * factor) / 2;
  return [middle - half, middle + half];
}

// A time as <input type="datetime-local"> has it, in the browser's zone, and back.
export function toInput(time) {
  const date = new Date(time);
  const two = (number) => String(number).padStart(2, "0");
  const day = [String(date.getFullYear()).padStart(4, "0"), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

export function fromInput(text) {
  const time = new Date(text).getTime();
  return Number.isNaN(time) ? null : time;
}

export function iso(time) {
  return new Date(Math.round(time)).toISOString();
}

function readCompare(text) {
  return text === "yesterday" || text === "week" ? text : moment(text);
}

function moment(text) {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? null : time;
}
