// A chart's lines with their numbers: at the cursor, else the newest, where the card does not say those already.
import { element, write } from "./parts.js";

export class Legend {
  #lines;
  #format;
  #marks;
  #time;

  /** @param {HTMLElement} box @param {import("./chart.js").Line[]} lines @param {(value: number | null) => string} format */
  constructor(box, lines, format) {
    this.#lines = lines;
    this.#format = format;
    this.#marks = lines.map(({ told }) => element("b", "", told ? "" : "–"));
    this.#time = element("time", "");
    box.append(...lines.map(({ label, color }, index) => entry(label, color, this.#marks[index])), this.#time);
  }

  /** @type {(columns: import("./chart.js").Columns, index: number | null, said: string) => void} */
  show(columns, index, said) {
    this.#marks.forEach((mark, place) => {
      const isTold = index === null && this.#lines[place].told;
      write(mark, isTold ? "" : this.#format(columns[place + 1][index ?? columns[0].length - 1] ?? null));
    });
    write(this.#time, said);
  }
}

/** @type {(label: string, color: string, ...numbers: HTMLElement[]) => HTMLElement} */
export function entry(label, color, ...numbers) {
  const swatch = element("i", "");
  swatch.style.background = `var(--pw-${color})`;
  return element("span", "entry", swatch, label, ...numbers);
}
