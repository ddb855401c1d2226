// A chart's lines with what they were over the range, or at the cursor.
import { mean, NOTHING } from "../../common/format.js";
import { entry } from "../../common/legend.js";
import { element, write } from "../../common/parts.js";
import { known } from "./answer.js";

/** @typedef {import("./answer.js").Numbers} Numbers */

export class RangeLegend {
  #time;
  #format;
  #marks;
  /** @type {Numbers[]} */
  #numbers = [];

  /** @param {HTMLElement} box @param {HTMLElement} time where the cursor's time is told @param {import("./answer.js").Line[]} lines @param {(value: number | null) => string} format */
  constructor(box, time, lines, format) {
    this.#time = time;
    this.#format = format;
    this.#marks = lines.map(() => ({ value: element("b", "", ""), rest: element("small", "") }));
    box.replaceChildren(...lines.map(({ label, color }, index) => entry(label, color, this.#marks[index].value, this.#marks[index].rest)));
  }

  /** @param {Numbers[]} numbers of each line, bucket by bucket */
  know(numbers) {
    this.#numbers = numbers;
  }

  /** @type {(columns: unknown, index: number | null, said: string) => void} */
  show(_columns, index, said) {
    this.#numbers.forEach((numbers, place) => {
      const [value, rest] = index === null ? this.#whole(numbers) : this.#bucket(numbers, index);
      write(this.#marks[place].value, value);
      write(this.#marks[place].rest, rest);
    });
    write(this.#time, said);
  }

  /** @type {(numbers: Numbers) => [string, string]} */
  #whole({ mean: means, max }) {
    const peaks = known(max);
    if (!known(means).length) return [NOTHING, ""];
    return [this.#format(mean(means)), peaks.length ? `mean · max ${this.#format(Math.max(...peaks))}` : "mean"];
  }

  /** @type {(numbers: Numbers, index: number) => [string, string]} */
  #bucket({ mean: means, min, max }, index) {
    const [low, high] = [min[index], max[index]].map((value) => value ?? null);
    return [this.#format(means[index]), low === null || low === high ? "" : `${this.#format(low)} – ${this.#format(high)}`];
  }
}
