// Five minutes of one card as a chart. A card with several views has several; one of them is shown.
import { Chart } from "../common/chart.js";
import { Timeline } from "../common/timeline.js";

export class LinePlot {
  #lines;
  #timeline;
  #chart;

  // view: {lines: [{label, color, fill, take(reading) → number}], format, range, stacked}; options: of Chart
  constructor(view, box, legend, options) {
    this.#lines = view.lines;
    this.#timeline = new Timeline(view.lines.length);
    this.#chart = new Chart(box, legend, { ...view, ...options });
  }

  set interval(milliseconds) {
    this.#timeline.interval = milliseconds;
  }

  add(time, reading) {
    this.#timeline.add(time, this.#values(reading));
  }

  // past: [{time, reading}]
  fill(past) {
    this.#timeline.fill(past.map(({ time, reading }) => [time, ...this.#values(reading)]));
  }

  get hasFreshHole() {
    return this.#timeline.hasFreshHole;
  }

  draw(edge) {
    this.#chart.draw(this.#timeline.columns(), edge);
  }

  zoom(range, edge) {
    this.#chart.zoom(range, edge);
  }

  destroy() {
    this.#chart.destroy();
  }

  #values(reading) {
    return this.#lines.map((line) => line.take(reading));
  }
}
