// What a card's views are drawn from.

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
