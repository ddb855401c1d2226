// What cards have in common: how a line is declared, and what scales end at.
import { roundUp } from "../../common/scale.js";
import { joined, percent, plain, rate } from "../../common/format.js";

/**
 * @template R
 * @typedef {import("../cards.js").Line<R>} Line
 */
/** @typedef {(number | null | undefined)[]} Numbers */

// A line of a field of the whole host.
/** @type {(label: string, field: string, color: string, more?: { fill?: boolean, told?: boolean }) => Line<any>} */
export function line(label, field, color, more = {}) {
  return { label, field, color, take: (reading) => reading[field], ...more };
}

// One line for each part: `holder` is the reading's field that has them by name. The card's table has their numbers.
/** @type {(holder: string, parts: string[], field: string, label?: (part: string) => string) => (Line<any> & { part: string })[]} */
export function partLines(holder, parts, field, label = (/** @type {string} */ part) => part) {
  return parts.map((part, index) => ({
    label: label(part),
    field,
    part,
    told: true,
    color: `series-${(index % 6) + 1}`,
    take: (reading) => reading[holder]?.[part]?.[field],
  }));
}

/** @type {{ format(value: number | null): string, range(max: number): number }} */
export const asPercent = { format: (value) => joined(percent(value)), range: (max) => Math.min(100, roundUp(max, 10)) };

/** @type {{ format(value: number | null): string, range(max: number): number }} */
export const asRate = { format: (value) => joined(rate(value)), range: (max) => roundUp(max, 1000) };

// Whole where it is: a mean of counts need not be.
/** @type {(value: number | null) => string} */
export function asCount(value) {
  return plain(value, Number.isInteger(value) ? 0 : 1);
}

// How fast a count since boot grew since the reading before; null when that is not known.
/** @type {<R>(reading: R, past: { reading: R, seconds: number } | null, field: keyof R) => number | null} */
export function growth(reading, past, field) {
  if (!past || past.seconds <= 0) return null;
  const grown = Number(reading[field]) - Number(past.reading[field]);
  return grown >= 0 ? grown / past.seconds : null;
}

/** @type {(values: Numbers) => number[]} */
export function numbers(values) {
  return values.filter((value) => typeof value === "number");
}

/** @type {(values: Numbers) => number | null} */
export function most(values) {
  const known = numbers(values);
  return known.length ? Math.max(...known) : null;
}

/** @type {(values: Numbers) => number | null} */
export function sum(values) {
  const known = numbers(values);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}
