// What a card's views are drawn from.
import { newRulePath } from "../common/alerting.js";

/** @typedef {import("./cards.js").View<any>} View */

// Some cards have other views for other readings.
/** @type {<T>(choice: T[] | ((reading: any) => T[]), reading: any) => T[]} */
export function resolved(choice, reading) {
  return typeof choice === "function" ? choice(reading) : choice;
}

// The fields that a view is drawn from, as the history's API names them.
/** @type {(view: View) => string[]} */
export function needs(view) {
  const { of, fields } = series(view);
  return view.needs ?? fields.map((field) => (of ? `${of}.${field}` : field));
}

// What of a view History is asked for.
/** @type {(view: View) => { of: string, fields: string[], parts: string[] }} */
export function series({ of = "", lines = [], fields, parts }) {
  const distinct = (/** @type {"field" | "part"} */ name) => [...new Set(lines.map((line) => line[name] ?? "").filter(Boolean))];
  return { of, fields: fields ?? distinct("field"), parts: parts ?? distinct("part") };
}

// The fields that rules about a view look at. Parts of the whole: a limit of the whole is their sum's.
/** @type {(view: View) => string[]} */
export function ruled(view) {
  const { of, fields } = series(view);
  return view.stacked && !of ? ["usage_percent", ...fields] : fields;
}

// Where a rule for what a view shows is made.
/** @type {(metric: string, view: View, host: string) => string} */
export function alertPath(metric, view, host) {
  const { of, parts } = series(view);
  return newRulePath({ metric, of, field: ruled(view)[0] ?? "", part: parts.length === 1 ? parts[0] : "", host });
}
