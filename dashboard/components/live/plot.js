// Five minutes of one card as a chart. A card with several views has several; one of them is shown.
import { Chart } from "../common/chart.js";
import { Timeline } from "../common/timeline.js";

export class LinePlot {
  #lines;
  #timeline;
  #chart;

  /** @param {import("./cards.js").View<any>} view @param {HTMLElement} box @param {HTMLElement} legend @param {Pick<import("../common/chart.js").Options, "sync" | "onZoom" | "onPick" | "times" | "told">} options */
  constructor(view, box, legend, options) {
    const { lines = [], range = (max) => max } = view;
    this.#lines = lines;
    this.#timeline = new Timeline(lines.length);
    this.#chart = new Chart(box, legend, { ...view, lines, range, ...options });
  }

  /** @param {number} milliseconds */
  set interval(milliseconds) {
    this.#timeline.interval = milliseconds;
  }

  /** @type {(time: number, reading: any) => void} */
  add(time, reading) {
    this.#timeline.add(time, this.#values(reading));
  }

  /** @type {(past: { time: number, reading: any }[]) => void} */
  fill(past) {
    this.#timeline.fill(past.map(({ time, reading }) => [time, ...this.#values(reading)]));
  }

  get hasFreshHole() {
    return this.#timeline.hasFreshHole;
  }

  /** @param {number} edge in ms */
  draw(edge) {
    this.show(this.#timeline.columns(), edge);
  }

  /** @type {(columns: import("../common/chart.js").Columns, edge: number) => void} */
  show(columns, edge) {
    this.#chart.draw(columns, edge);
  }

  /** @type {(range: import("../common/chart.js").Range | null, edge: number | null) => void} */
  zoom(range, edge) {
    this.#chart.zoom(range, edge);
  }

  /** @param {import("../common/notes.js").Notes} notes */
  note(notes) {
    this.#chart.note(notes);
  }

  destroy() {
    this.#chart.destroy();
  }

  /** @param {any} reading */
  #values(reading) {
    return this.#lines.map((line) => line.take(reading));
  }
}
