// What a field's name says: units are in the names, and are declared in perfwatch/units.py.
import { ENDINGS, EXCEPTIONS, UNITS } from "./declared.js";
import { bytes, counted, joined, memory, NOTHING, percent, perSecond, plain, rate } from "./format.js";

/** @typedef {import("./format.js").Figure} Figure */
/** @typedef {{ kind: string, names: string[], base: number, digits: number, from_zero: boolean }} Unit */

const ENDING = new RegExp(`(?:^|_)(${Object.keys(ENDINGS).join("|")})$`);
const PATTERNS = Object.entries(EXCEPTIONS).map(([pattern, kind]) => ({ pattern: new RegExp(pattern), kind }));

// Kinds of which one sees steps of thousands at a glance; the others have one name.
/** @type {Record<string, (value: unknown) => Figure>} */
const STEPPED = { percent, rate, bytes, memory, per_second: perSecond, count: number };

/** @type {(metric: string, field: string) => Unit} */
export function unitOf(metric, field) {
  const kind = PATTERNS.find(({ pattern }) => pattern.test(`${metric}.${field}`))?.kind ?? table(ENDINGS)[ENDING.exec(field)?.[1] ?? ""];
  return table(UNITS)[kind ?? "count"];
}

// As many digits as one reads at a glance: 412 W, 21.5 W, 0.33 kWh.
/** @type {(metric: string, field: string, value: unknown) => Figure} */
export function figure(metric, field, value) {
  const unit = unitOf(metric, field);
  return (STEPPED[unit.kind] ?? short(unit))(value);
}

/** @type {(metric: string, field: string, value: unknown) => string} */
export function written(metric, field, value) {
  return joined(figure(metric, field, value));
}

// "soil_moisture_percent" → "Soil moisture"
/** @type {(name: string) => string} */
export function words(name) {
  const said = (name.replace(ENDING, "") || name).replaceAll("_", " ").trim() || name;
  return said[0].toUpperCase() + said.slice(1);
}

/** @type {(value: unknown) => Figure} */
function number(value) {
  return Number.isInteger(value) || Math.abs(Number(value)) >= 1000 ? counted(value) : short({ names: [""], digits: 2 })(value);
}

/** @type {(unit: { names: string[], digits: number }) => (value: unknown) => Figure} */
function short({ names: [unit], digits }) {
  return (value) => {
    if (typeof value !== "number") return { number: NOTHING, unit };
    const size = Math.abs(value);
    return { number: plain(value, Math.min(digits, size >= 100 ? 0 : size >= 10 ? 1 : 2)), unit };
  };
}

/** @type {<T>(rows: { [name: string]: T }) => Record<string, T>} */
function table(rows) {
  return rows;
}
