// What the lines say at the time under the pointer: exact values, beside it.
import { element, resize } from "../common/parts.js";
import { nearest } from "./lines.js";
import { bucketText } from "./times.js";
import { written } from "./units.js";

export class Tooltip {
  #box;
  #time;
  #list;

  constructor(box) {
    this.#box = box;
    this.#time = element("p", "when");
    this.#list = element("ul", "values");
    box.append(this.#time, this.#list);
  }

  // shown as Plot has it; `left` in pixels of the chart's box.
  show(shown, time, left) {
    const found = [...shown.lines, ...shown.compared]
      .filter(({ key }) => !shown.hidden.has(key))
      .map((line) => ({ line, at: nearest(line.times, time, shown.interval) }))
      .filter(({ at }) => at >= 0);
    this.#box.hidden = found.length === 0;
    if (!found.length) return;
    this.#time.textContent = bucketText(found[0].line.times[found[0].at], shown.interval);
    resize(this.#list, found.length, row).forEach((item, index) => {
      const { line, at } = found[index];
      write(item, line, at, shown.compared.includes(line) ? bucketText(line.times[at] - line.by, shown.interval) : "");
    });
    this.#place(left);
  }

  hide() {
    this.#box.hidden = true;
  }

  #place(left) {
    const room = this.#box.parentElement.clientWidth;
    const width = this.#box.offsetWidth;
    const beside = left + 16 + width <= room ? left + 16 : left - 16 - width;
    this.#box.style.transform = `translateX(${Math.max(0, beside)}px)`;
  }
}

function row() {
  return element("li", "", element("i", ""), element("span", "name"), element("b", ""), element("small", ""));
}

// `then` is the time of what is compared with.
function write(item, line, at, then) {
  const [swatch, name, value, band] = item.children;
  swatch.style.background = `var(--pw-${line.color})`;
  swatch.className = then ? "then" : "";
  name.textContent = then ? `${line.name}, ${then}` : line.name;
  value.textContent = written(line.unit, line.mean[at]);
  const isOne = line.min[at] === line.max[at];
  band.textContent = isOne ? "" : `${written(line.unit, line.min[at])} – ${written(line.unit, line.max[at])}`;
}
