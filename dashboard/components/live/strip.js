// A state over time as a strip: filled while it is the one that stands out. It lasts until the next reading,
// as devices publish a change when there is one.
import { Chart } from "../common/chart.js";
import { inks, translucent } from "../common/ink.js";
import { Timeline } from "../common/timeline.js";

/** @typedef {import("../vendor/uplot/uPlot.min.js").default} uPlot */
/** @typedef {import("../common/chart.js").Columns} Columns */

// Some devices say something twice a day only.
const LASTS_MS = 24 * 3_600_000;

export class StripPlot {
  #take;
  #lit;
  #timeline = new Timeline(1);
  #chart;
  #token;
  /** @type {[time: number, value: number][]} */
  #steps = [];
  #edge = 0;

  /** @param {import("./cards.js").View<any>} view @param {HTMLElement} box @param {HTMLElement} legend @param {Pick<import("../common/chart.js").Options, "sync" | "onZoom" | "onPick" | "times" | "told">} options */
  constructor(view, box, legend, options) {
    const [line] = view.lines ?? [];
    this.#take = line.take;
    this.#lit = view.states?.lit ?? 1;
    this.#token = inks(box);
    const layer = { paint: (/** @type {uPlot} */ plot) => this.#paint(plot), axis: () => "", describe: () => "" };
    this.#chart = new Chart(box, legend, { ...view, lines: [{ ...line, hidden: true, band: false }], range: () => 1, layer, ...options });
  }

  /** @param {number} milliseconds */
  set interval(milliseconds) {
    this.#timeline.interval = milliseconds;
  }

  /** @type {(time: number, reading: any) => void} */
  add(time, reading) {
    this.#timeline.add(time, [this.#take(reading)]);
  }

  /** @type {(past: { time: number, reading: any }[]) => void} */
  fill(past) {
    this.#timeline.fill(past.map(({ time, reading }) => [time, this.#take(reading)]));
  }

  get hasFreshHole() {
    return false;
  }

  /** @param {number} edge in ms */
  draw(edge) {
    this.show(this.#timeline.columns(), edge);
  }

  /** @type {(columns: Columns, edge: number) => void} */
  show([times, values], edge) {
    this.#steps = times.flatMap((time, place) => (values[place] === null ? [] : [[time, Number(values[place])]]));
    this.#edge = edge;
    this.#chart.draw([times, values], edge);
  }

  /** @type {(range: import("../common/chart.js").Range | null, edge: number | null) => void} */
  zoom(range, edge) {
    this.#chart.zoom(range, edge);
  }

  /** @param {import("../common/notes.js").Notes} notes */
  note(notes) {
    this.#chart.note({ ...notes, limits: [] });
  }

  destroy() {
    this.#chart.destroy();
  }

  /** @param {uPlot} plot */
  #paint(plot) {
    const { left, top, width, height } = plot.bbox;
    // Whole pixels: between two halves there would be a seam.
    const at = (/** @type {number} */ time) => Math.round(Math.min(left + width, Math.max(left, plot.valToPos(time, "x", true))));
    const [ground, ink] = ["raised", "series-1"].map((name) => this.#token(name));
    this.#steps.forEach(([time, value], place) => {
      const until = Math.min(this.#steps[place + 1]?.[0] ?? this.#edge, time + LASTS_MS);
      const [from, to] = [at(time), at(until)];
      if (to <= from) return;
      const share = this.#lit ? value : 1 - value;
      plot.ctx.fillStyle = ground;
      plot.ctx.fillRect(from, top, to - from, height);
      plot.ctx.fillStyle = translucent(ink, 0.85 * share);
      plot.ctx.fillRect(from, top, to - from, height);
    });
  }
}
