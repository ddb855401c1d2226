// What cards have in common: how a line is declared, and what scales end at.
import { roundUp } from "../../common/scale.js";
import { joined, percent, rate } from "../../common/format.js";

// A line of a field of the whole host.
export function line(label, field, color, more = {}) {
  return { label, field, color, take: (reading) => reading[field], ...more };
}

// One line for each part: `holder` is the reading's field that has them by name.
export function partLines(holder, parts, field, label = (part) => part) {
  return parts.map((part, index) => ({
    label: label(part),
    field,
    part,
    color: `series-${(index % 6) + 1}`,
    take: (reading) => reading[holder]?.[part]?.[field],
  }));
}

export const asPercent = { format: (value) => joined(percent(value)), range: (max) => Math.min(100, roundUp(max, 10)) };

export const asRate = { format: (value) => joined(rate(value)), range: (max) => roundUp(max, 1000) };

// How fast a count since boot grew since the reading before; null when that is not known.
export function growth(reading, past, field) {
  if (!past || past.seconds <= 0) return null;
  const grown = reading[field] - past.reading[field];
  return grown >= 0 ? grown / past.seconds : null;
}

export function numbers(values) {
  return values.filter((value) => typeof value === "number");
}

export function most(values) {
  const known = numbers(values);
  return known.length ? Math.max(...known) : null;
}

export function sum(values) {
  const known = numbers(values);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}
