// The lines of a chart: the answer of /api/history/query in rows of its own for each line.
import { GAP, medianStep } from "../common/gaps.js";

/** @typedef {import("./units.js").Unit} Unit */
/** @typedef {{ time: number, value: number }} Newest */
/** @typedef {(number | null)[]} Column */
/** @typedef {{ host: string, part: string, field: string, newest: Newest | null, mean: Column, min: Column, max: Column }} Series */
/** @typedef {{ field(name: string): string, part(name: string): string, unit(field: string): Unit }} Words */
/** @typedef {{ times: number[], mean: number[], min: number[], max: number[] }} Rows */
/** @typedef {{ key: string, name: string, fieldName: string, unit: Unit, color: string, dash?: number[], newest: Newest | null, by: number } & Rows} Line */

export const MOST_BANDS = 3; // more of them over one another are mud
export const COLORS = 8;
// Unlike at a glance, and none dotted: that is what is compared with.
/** @type {(number[] | undefined)[]} */
const DASHES = [undefined, [5, 4], [12, 4], [9, 3, 2, 3]];

// Each series of `answer` as {key, name, fieldName, unit, color, dash, times, mean, min, max, newest, by}, drawn `by` ms
// later than it was. `words` gives field(name), part(name) and unit(field).
/** @type {(answer: { times: number[], series: Series[] }, words: Words, by?: number) => Line[]} */
export function linesOf(answer, words, by = 0) {
  return answer.series.map((series, index) => {
    const { host, part, field, newest } = series;
    return {
      key: JSON.stringify([host, part, field]),
      name: nameOf(series, answer.series, words),
      fieldName: words.field(field),
      unit: words.unit(field),
      color: `series-${1 + (index % COLORS)}`,
      dash: DASHES[Math.floor(index / COLORS) % DASHES.length],
      newest,
      by,
      ...rowsOf(series, answer.times, by),
    };
  });
}

// What tells this line from the others: its field, and its part and host where they differ.
/** @type {(series: Series, among: Series[], words: Words) => string} */
function nameOf({ host, part, field }, among, words) {
  const differ = (/** @type {"field" | "host"} */ name) => new Set(among.map((one) => one[name])).size > 1;
  const found = differ("field") || !part ? [words.field(field)] : [];
  if (part) found.push(words.part(part));
  if (differ("host")) found.push(host);
  return found.join(" · ");
}

// Only the buckets that have readings, `by` ms later than they were.
/** @type {(series: Series, times: number[], by: number) => Rows} */
function rowsOf({ mean, min, max }, times, by) {
  const there = times.map((_, index) => index).filter((index) => mean[index] !== null);
  const at = (/** @type {Column} */ column) => there.map((index) => /** @type {number} */ (column[index]));
  return { times: there.map((index) => times[index] + by), mean: at(mean), min: at(min), max: at(max) };
}

/** @type {(line: { mean: number[], min: number[], max: number[], newest: Newest | null }) => Record<"average" | "minimum" | "maximum" | "newest", number | null>} */
export function summary({ mean, min, max, newest }) {
  if (!mean.length) return { average: null, minimum: null, maximum: null, newest: null };
  return {
    average: mean.reduce((sum, value) => sum + value, 0) / mean.length,
    minimum: Math.min(...min),
    maximum: Math.max(...max),
    newest: newest?.value ?? null,
  };
}

// [times, mean, max, min] with a row of nulls wherever readings are missing for long: a gap stays a gap.
/** @type {(line: Rows, interval: number) => [number[], Column, Column, Column]} */
export function withGaps({ times, mean, min, max }, interval) {
  /** @type {[number[], Column, Column, Column]} */
  const columns = [[], [], [], []];
  const append = (/** @type {Column} */ row) => columns.forEach((/** @type {Column} */ column, index) => column.push(row[index]));
  const longest = GAP * Math.max(interval, medianStep(times));
  times.forEach((time, index) => {
    const before = times[index - 1];
    if (time - before > longest) append([before + interval, null, null, null]);
    append([time, mean[index], max[index], min[index]]);
  });
  return columns;
}

// The place in `times` of the bucket nearest to `time`; -1 when none is within a step of it.
/** @type {(times: number[], time: number, interval: number) => number} */
export function nearest(times, time, interval) {
  const reach = Math.max(interval, medianStep(times));
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  const best = [low - 1, low].filter((place) => place >= 0 && place < times.length)
    .sort((a, b) => Math.abs(times[a] - time) - Math.abs(times[b] - time))[0] ?? -1;
  return best >= 0 && Math.abs(times[best] - time) <= reach ? best : -1;
}
