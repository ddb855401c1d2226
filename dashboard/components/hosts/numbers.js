// The numbers in readings that nobody declared, named and written by what their fields are called.
import { stateText, statesOf } from "../common/states.js";
import { unitOf, words, written } from "../common/units.js";

const SAYS_NOTHING = new Set(["value", "celsius", "percent", "state"]);

// [{key, metric, label, text, value}] of a tick's readings, by name: a list that stays in place.
/** @type {(data: Record<string, object>) => { key: string, metric: string, label: string, text: string, value: number }[]} */
export function numbers(data) {
  return Object.entries(data).sort(byName).flatMap(([metric, reading]) =>
    Object.entries(reading).filter(([, value]) => Number.isFinite(value)).sort(byName).map(([field, value]) =>
      ({ key: `${metric}.${field}`, metric, label: label(metric, field), text: text(metric, field, reading), value })));
}

/** @type {(metric: string, field: string, reading: Record<string, any>) => string} */
function text(metric, field, reading) {
  const name = SAYS_NOTHING.has(field) ? metric : field;
  const states = statesOf(name, unitOf(metric, field).kind, reading[field], `${field}_text` in reading);
  return states ? stateText(states, reading[field]) : written(metric, field, reading[field]);
}

/** @type {(metric: string, field: string) => string} */
function label(metric, field) {
  const own = words(field);
  return SAYS_NOTHING.has(field) || own === words(metric) ? words(metric) : `${words(metric)}: ${own.toLowerCase()}`;
}

/** @type {(a: [string, unknown], b: [string, unknown]) => number} */
function byName([a], [b]) {
  return a < b ? -1 : 1;
}
