// What the lines say at the time under the pointer: exact values, beside it.
import { NO_NOTES } from "../common/notes.js";
import { element, resize } from "../common/parts.js";
import { nearest } from "./lines.js";
import { ink, swatch } from "./swatch.js";
import { bucketText } from "../common/times.js";
import { written } from "./units.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {{ lines: Line[], compared: Line[], hidden: Set<string>, interval: number }} Shown as Plot has it */

const ROW = 20; // px, as the style has it
const COLUMN = 175;
const AROUND = 84; // px above, below, and for the time and the rest

export class Tooltip {
  #box;
  #time;
  #list;
  #rest;
  #fired;
  #notes = NO_NOTES;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
    this.#time = element("p", "when");
    this.#list = element("ul", "values");
    this.#rest = element("p", "when");
    this.#fired = element("p", "fired");
    box.append(this.#time, this.#list, this.#rest, this.#fired);
  }

  /** @param {import("../common/notes.js").Notes} notes */
  note(notes) {
    this.#notes = notes;
  }

  // `left` in pixels of the chart's box.
  /** @type {(shown: Shown, time: number, left: number) => void} */
  show(shown, time, left) {
    const found = [...shown.lines, ...shown.compared]
      .filter(({ key }) => !shown.hidden.has(key))
      .map((line) => ({ line, at: nearest(line.times, time, shown.interval) }))
      .filter(({ at }) => at >= 0);
    this.#box.hidden = found.length === 0;
    if (!found.length) return;
    this.#time.textContent = bucketText(found[0].line.times[found[0].at], shown.interval);
    const told = Math.min(found.length, this.#arrange(found.length));
    this.#rest.hidden = told === found.length;
    this.#rest.textContent = `and ${found.length - told} more, in the table below`;
    resize(this.#list, told, row).forEach((item, index) => {
      const { line, at } = found[index];
      write(item, line, at, shown.compared.includes(line) ? bucketText(line.times[at] - line.by, shown.interval) : "");
    });
    const fired = this.#notes.marks.filter(({ from, to }) => from - shown.interval <= time && time <= (to ?? Infinity) + shown.interval);
    this.#fired.hidden = fired.length === 0;
    this.#fired.textContent = fired.length ? `▲ ${fired[0].text}${fired.length > 1 ? `, and ${fired.length - 1} more` : ""}` : "";
    this.#place(left);
  }

  // In as many columns and rows as there is room for; gives how many lines that is.
  /** @type {(count: number) => number} */
  #arrange(count) {
    const { clientWidth: width, clientHeight: height } = /** @type {HTMLElement} */ (this.#box.parentElement);
    const rows = Math.max(4, Math.floor((height - AROUND) / ROW));
    const columns = Math.min(Math.ceil(count / rows), Math.max(1, Math.floor(width / COLUMN)));
    this.#list.style.gridTemplateRows = `repeat(${Math.ceil(Math.min(count, rows * columns) / columns)}, auto)`;
    this.#box.classList.toggle("many", columns > 1);
    return rows * columns;
  }

  hide() {
    this.#box.hidden = true;
  }

  /** @type {(left: number) => void} */
  #place(left) {
    const room = this.#box.parentElement?.clientWidth ?? 0;
    const width = this.#box.offsetWidth;
    const beside = left + 16 + width <= room ? left + 16 : left - 16 - width;
    this.#box.style.transform = `translateX(${Math.max(0, beside)}px)`;
  }
}

function row() {
  return element("li", "", swatch(), element("span", "name"), element("b", ""), element("small", ""));
}

// `then` is the time of what is compared with.
/** @type {(item: Element, line: Line, at: number, then: string) => void} */
function write(item, line, at, then) {
  const [sign, name, value, band] = item.children;
  ink(sign, line, Boolean(then));
  name.textContent = then ? `${line.name}, ${then}` : line.name;
  value.textContent = written(line.unit, line.mean[at]);
  const isOne = line.min[at] === line.max[at];
  band.textContent = isOne ? "" : `${written(line.unit, line.min[at])} – ${written(line.unit, line.max[at])}`;
}
