// A card for a metric that nobody wrote one for: other people's devices publish what they like.
import { roundUp } from "../../common/scale.js";
import { NOTHING } from "../../common/format.js";
import { figure, words, written } from "../../common/units.js";
import { grid } from "../feet/grid.js";

/** @typedef {Record<string, unknown>} Reading */

const DEEPEST = 3;
const MOST = 100;

/** @type {(metric: string) => import("../cards.js").Card<Reading>} */
export function generic(metric) {
  return {
    metric,
    aside: () => "As published",
    mains: (reading) => firstNumber(reading, (field) => ({ name: "first", label: words(field), color: "series-1", take: (one) => figure(metric, field, value(one, field)) })),
    views: (reading) => firstNumber(reading, (field) => view(metric, field)),
    feet: [grid({ caption: "All other fields", lines: 5, entries: (reading) => others(reading).slice(0, MOST).map(([field, found]) => [words(field), text(metric, field, found), false, field]) })],
  };
}

/** @type {(metric: string, field: string) => import("../cards.js").View<Reading>} */
function view(metric, field) {
  const line = { label: words(field), field, color: "series-1", fill: true, told: true, take: (/** @type {Reading} */ reading) => value(reading, field) };
  return { lines: [line], format: (found) => written(metric, field, found), range: (max) => roundUp(max, 1) };
}

/** @type {<T>(reading: Reading, make: (field: string) => T) => T[]} */
function firstNumber(reading, make) {
  const found = flat(reading).find(([, one]) => typeof one === "number");
  return found ? [make(found[0])] : [];
}

// All but the first number, which stands large.
/** @type {(reading: Reading) => [field: string, value: unknown][]} */
function others(reading) {
  const all = flat(reading);
  const first = all.findIndex(([, one]) => typeof one === "number");
  return all.filter((_, place) => place !== first);
}

// Nested fields under joined names, as the history keeps them: {"a": {"b": [1]}} is a_b_0.
/** @type {(reading: unknown, before?: string, depth?: number) => [field: string, value: unknown][]} */
function flat(reading, before = "", depth = 0) {
  return Object.entries(reading ?? {}).flatMap(([name, found]) => {
    if (!before && name === "timestamp") return [];
    if (found !== null && typeof found === "object") return depth < DEEPEST ? flat(found, `${before}${name}_`, depth + 1) : [];
    return [[before + name, found]];
  });
}

/** @type {(reading: Reading, field: string) => number | null} */
function value(reading, field) {
  const found = flat(reading).find(([name]) => name === field)?.[1];
  return typeof found === "number" ? found : null;
}

/** @type {(metric: string, field: string, found: unknown) => string} */
function text(metric, field, found) {
  if (typeof found === "number") return written(metric, field, found);
  return found === null ? NOTHING : typeof found === "boolean" ? (found ? "yes" : "no") : String(found);
}
