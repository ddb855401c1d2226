// The lines of a view, and of what it is compared with, from the history.
import { ask } from "../common/ask.js";
import { iso } from "../common/times.js";
import { linesOf } from "./lines.js";

/** @typedef {import("./view.js").Whole} Whole */
/** @typedef {{ lines: Line[], compared: Line[], interval: number, count: number, silent: number, left: string[], newest: number | null }} Fetched */
/** @typedef {import("./lines.js").Line} Line */

// {lines, compared, interval, count, left, newest}. `by` is how much earlier the compared range is, or null.
/** @type {(catalogue: import("./catalogue.js").Catalogue, view: Whole, span: import("./view.js").Span, by: number | null, signal: AbortSignal) => Promise<Fetched>} */
export async function fetchLines(catalogue, view, [start, stop], by, signal) {
  const { drawn, left } = catalogue.sides(view);
  const words = {
    field: (/** @type {string} */ name) => catalogue.field(view, name).label,
    part: (/** @type {string} */ name) => catalogue.partLabel(view, name),
    unit: (/** @type {string} */ name) => catalogue.unit(view, name),
  };
  const question = (/** @type {number} */ from, /** @type {number} */ to) => ask(`/api/history/query?${query(view, drawn, from, to)}`, { signal });
  const [now, then] = await Promise.all([
    question(start, stop),
    by === null ? null : question(start - by, stop - by),
  ]);
  const interval = now.interval_ms;
  return {
    lines: linesOf(now, words).filter(({ times }) => times.length),
    compared: then && by !== null ? linesOf(then, words, by).filter(({ times }) => times.length) : [],
    interval,
    count: now.count,
    silent: now.series.filter((/** @type {import("./lines.js").Series} */ { newest }) => newest === null).length,
    left: left.map(words.field),
    newest: now.newest_time && Date.parse(now.newest_time),
  };
}

/** @type {(view: Whole, fields: string[], from: number, to: number) => URLSearchParams} */
function query(view, fields, from, to) {
  const asked = new URLSearchParams({ metric_type: view.metric, tag: view.of, start_time: iso(from), end_time: iso(to) });
  for (const host of view.hosts) asked.append("host", host);
  for (const part of view.of ? view.parts : []) asked.append("part", part);
  for (const field of fields) asked.append("field", field);
  return asked;
}
