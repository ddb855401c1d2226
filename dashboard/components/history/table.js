// What each line comes to, and its legend: its name switches it off and on.
import { element } from "../common/parts.js";
import { summary } from "./lines.js";
import { ink, swatch } from "./swatch.js";
import { change, written } from "./units.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {ReturnType<typeof summary>} Numbers */

const HEADINGS = { average: "Average", minimum: "Minimum", maximum: "Maximum", newest: "Newest" };
const COMPARED = /** @type {const} */ (["average", "minimum", "maximum"]); // the newest readings are not of one time

// `then` is what the compared range is called, null when there is none.
/** @type {(table: HTMLElement, shown: { lines: Line[], compared: Line[], hidden: Set<string> }, then: string | null, toggle: (key: string) => void) => void} */
export function drawTable(table, { lines, compared, hidden }, then, toggle) {
  const head = element("thead", "", cells("th", ["Line", ...Object.values(HEADINGS)]));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const bodies = lines.map((line) => body(line, compared.find(({ key }) => key === line.key), then, hidden, toggle));
  const held = /** @type {any} */ (table.getRootNode()).activeElement?.dataset.key;
  table.replaceChildren(head, ...bodies);
  if (held) [...table.querySelectorAll("button")].find(({ dataset }) => dataset.key === held)?.focus();
}

/** @type {(line: Line, other: Line | undefined, then: string | null, hidden: Set<string>, toggle: (key: string) => void) => HTMLElement} */
function body(line, other, then, hidden, toggle) {
  const now = summary(line);
  const isHidden = hidden.has(line.key);
  const rows = [row(legend(line, isHidden, toggle), texts(line.unit, now))];
  if (other) {
    const before = summary(other);
    rows.push(row(then ?? "", texts(line.unit, before), "then"));
    rows.push(row("Change", [...COMPARED.map((name) => change(now[name], before[name])), ""], "then"));
  }
  return element("tbody", isHidden ? "off" : "", ...rows);
}

/** @type {(line: Line, isHidden: boolean, toggle: (key: string) => void) => HTMLElement} */
function legend(line, isHidden, toggle) {
  const button = element("button", "legend", ink(swatch(), line), element("span", "", line.name));
  button.type = "button";
  button.dataset.key = line.key;
  button.setAttribute("aria-pressed", String(!isHidden));
  button.title = isHidden ? "Draw this line" : "Leave this line out";
  button.addEventListener("click", () => toggle(line.key));
  return button;
}

/** @type {(unit: Line["unit"], numbers: Numbers) => string[]} */
function texts(unit, numbers) {
  const names = /** @type {(keyof Numbers)[]} */ (Object.keys(HEADINGS));
  return names.map((name) => written(unit, numbers[name]));
}

/** @type {(name: string | HTMLElement, values: string[], className?: string) => HTMLElement} */
function row(name, values, className = "") {
  const heading = element("th", "", name);
  heading.scope = "row";
  const made = element("tr", className, heading, ...values.map((value) => element("td", "", value)));
  return made;
}

/** @type {(tag: "th" | "td", values: string[]) => HTMLElement} */
function cells(tag, values) {
  return element("tr", "", ...values.map((value) => element(tag, "", value)));
}
