// The numbers in readings that nobody declared, named and written by what their fields are called.
import { words, written } from "../common/units.js";

const SAYS_NOTHING = new Set(["value", "celsius", "percent", "state"]);

// [{key, metric, label, text, value}] of a tick's readings, by name: a list that stays in place.
export function numbers(data) {
  return Object.entries(data).sort(byName).flatMap(([metric, reading]) =>
    Object.entries(reading).filter(([, value]) => Number.isFinite(value)).sort(byName).map(([field, value]) =>
      ({ key: `${metric}.${field}`, metric, label: label(metric, field), text: written(metric, field, value), value })));
}

function label(metric, field) {
  const own = words(field);
  return SAYS_NOTHING.has(field) || own === words(metric) ? words(metric) : `${words(metric)}: ${own.toLowerCase()}`;
}

function byName([a], [b]) {
  return a < b ? -1 : 1;
}
