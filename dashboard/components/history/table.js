// What each line comes to, and its legend: its name switches it off and on.
import { element } from "../common/parts.js";
import { summary } from "./lines.js";
import { ink, swatch } from "./swatch.js";
import { change, written } from "./units.js";

const HEADINGS = { average: "Average", minimum: "Minimum", maximum: "Maximum", newest: "Newest" };
const COMPARED = ["average", "minimum", "maximum"]; // the newest readings are not of one time

// `then` is what the compared range is called, null when there is none.
export function drawTable(table, { lines, compared, hidden }, then, toggle) {
  const head = element("thead", "", cells("th", ["Line", ...Object.values(HEADINGS)]));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const bodies = lines.map((line) => body(line, compared.find(({ key }) => key === line.key), then, hidden, toggle));
  const held = table.getRootNode().activeElement?.dataset.key;
  table.replaceChildren(head, ...bodies);
  if (held) [...table.querySelectorAll("button")].find(({ dataset }) => dataset.key === held)?.focus();
}

function body(line, other, then, hidden, toggle) {
  const now = summary(line);
  const isHidden = hidden.has(line.key);
  const rows = [row(legend(line, isHidden, toggle), texts(line.unit, now))];
  if (other) {
    const before = summary(other);
    rows.push(row(then, texts(line.unit, before), "then"));
    rows.push(row("Change", [...COMPARED.map((name) => change(now[name], before[name])), ""], "then"));
  }
  return element("tbody", isHidden ? "off" : "", ...rows);
}

function legend(line, isHidden, toggle) {
  const button = element("button", "legend", ink(swatch(), line), element("span", "", line.name));
  button.type = "button";
  button.dataset.key = line.key;
  button.setAttribute("aria-pressed", String(!isHidden));
  button.title = isHidden ? "Draw this line" : "Leave this line out";
  button.addEventListener("click", () => toggle(line.key));
  return button;
}

function texts(unit, numbers) {
  return Object.keys(HEADINGS).map((name) => written(unit, numbers[name]));
}

function row(name, values, className = "") {
  const heading = element("th", "", name);
  heading.scope = "row";
  const made = element("tr", className, heading, ...values.map((value) => element("td", "", value)));
  return made;
}

function cells(tag, values) {
  return element("tr", "", ...values.map((value) => element(tag, "", value)));
}
