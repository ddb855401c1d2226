// The heads of groups, and of the table's columns.
import { element } from "../common/parts.js";
import { summed } from "./order.js";

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./order.js").Group<import("./order.js").Thing>} Group */

// The button that opens and closes a group.
/** @type {(group: Group, isOpen: boolean, toggle: () => void) => HTMLElement} */
export function groupButton({ title, things }, isOpen, toggle) {
  const button = element("button", "group", element("span", "turn"), element("b", "", title ?? ""), element("span", "sum", summed(things)));
  button.type = "button";
  button.ariaExpanded = String(isOpen);
  button.addEventListener("click", toggle);
  return button;
}

// Puts a button for each column into the head of the table: it sorts by it.
/** @type {(table: HTMLTableElement, columns: Column[], sort: import("./order.js").Sort, sortBy: (column: Column) => void) => void} */
export function columnHeads(table, columns, sort, sortBy) {
  const [widths, row] = /** @type {HTMLElement[]} */ ([table.querySelector("colgroup"), table.tHead?.rows[0]]);
  const held = [...row.children].findIndex((one) => one.matches(":focus-within"));
  widths.replaceChildren(...columns.map(({ width }) => {
    const made = element("col", "");
    made.style.width = `${width}em`;
    return made;
  }));
  table.style.minWidth = `${columns.reduce((total, { width }) => total + width, 0)}em`;
  row.replaceChildren(...columns.map((column) => columnHead(column, sort, sortBy)));
  row.children[held]?.querySelector("button")?.focus();
}

/** @type {(column: Column, sort: import("./order.js").Sort, sortBy: (column: Column) => void) => HTMLElement} */
function columnHead(column, { column: by, isReversed }, sortBy) {
  const button = element("button", "", column.label);
  button.type = "button";
  button.addEventListener("click", () => sortBy(column));
  const head = element("th", column.isNumber ? "number" : "", button);
  head.scope = "col";
  // Numbers are largest first, and words from A.
  const isDescending = Boolean(column.isNumber) !== isReversed;
  if (by.name === column.name) head.ariaSort = isDescending ? "descending" : "ascending";
  return head;
}
