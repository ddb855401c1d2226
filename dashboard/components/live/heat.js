// Many lines as a map: time to the right, one row each, the busier the brighter. For 1 or 128 cores alike.
import { Chart } from "../common/chart.js";
import { inks } from "../common/ink.js";
import { Timeline } from "../common/timeline.js";

/** @typedef {import("../vendor/uplot/uPlot.min.js").default} uPlot */
/** @typedef {import("../common/chart.js").Columns} Columns */

const BINS = 300; // one a second of the window
const SHADES = 64;

export class HeatPlot {
  #view;
  #timeline;
  #chart;
  /** @type {Columns} */
  #columns = [[]];
  #image = document.createElement("canvas");
  #shades;

  /** @param {import("./cards.js").View<any>} view @param {HTMLElement} box @param {HTMLElement} legend @param {Pick<import("../common/chart.js").Options, "sync" | "onZoom" | "onPick">} options */
  constructor(view, box, legend, options) {
    const { rows = 0, row = "", take = () => [], format } = view;
    this.#view = { rows, row, take, format };
    this.#timeline = new Timeline(rows);
    this.#shades = shades(inks(box));
    this.#image.width = BINS;
    this.#image.height = rows;
    const layer = {
      paint: (/** @type {uPlot} */ plot) => this.#paint(plot),
      axis: (/** @type {number} */ at) => (at === rows ? String(at - 1) : Number.isInteger(at) ? String(at) : ""),
      describe: (/** @type {uPlot} */ plot, /** @type {number} */ index) => this.#describe(plot, index),
    };
    const lines = [{ label: `Busiest ${row.toLowerCase()}`, color: "series-1", hidden: true }];
    this.#chart = new Chart(box, legend, { lines, format, range: () => rows, layer, ...options });
  }

  /** @param {number} milliseconds */
  set interval(milliseconds) {
    this.#timeline.interval = milliseconds;
  }

  /** @type {(time: number, reading: any) => void} */
  add(time, reading) {
    this.#timeline.add(time, this.#view.take(reading));
  }

  /** @type {(past: { time: number, reading: any }[]) => void} */
  fill(past) {
    this.#timeline.fill(past.map(({ time, reading }) => [time, ...this.#view.take(reading)]));
  }

  get hasFreshHole() {
    return this.#timeline.hasFreshHole;
  }

  /** @param {number} edge in ms */
  draw(edge) {
    this.#columns = this.#timeline.columns();
    this.#chart.draw([this.#columns[0], busiest(this.#columns)], edge);
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

  /** @type {(plot: uPlot, index: number) => string} */
  #describe(plot, index) {
    const row = Math.floor(plot.posToVal(plot.cursor.top ?? -1, "y"));
    if (!(row >= 0 && row < this.#view.rows)) return "";
    return `${this.#view.row} ${row}: ${this.#view.format(this.#columns[row + 1][index])}`;
  }

  // One pixel a bin and row, made large without smoothing: the cost does not grow with the screen.
  /** @param {uPlot} plot */
  #paint(plot) {
    const { min = 0, max = 1 } = plot.scales.x;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#image.getContext("2d"));
    const pixels = context.createImageData(BINS, this.#view.rows);
    const bin = (/** @type {number} */ time) => Math.round(((time - min) / (max - min)) * BINS);
    const [times, ...rows] = this.#columns;
    times.forEach((time, index) => {
      const follows = index > 0 && rows.some((values) => values[index - 1] !== null); // else a gap, which stays one
      const from = Math.max(0, follows ? bin(times[index - 1]) : bin(time) - 1);
      const to = Math.min(BINS, bin(time));
      if (from < to) rows.forEach((values, row) => this.#dye(pixels, values[index], this.#view.rows - 1 - row, from, to));
    });
    context.putImageData(pixels, 0, 0);
    const { left, top, width, height } = plot.bbox;
    plot.ctx.imageSmoothingEnabled = false;
    plot.ctx.drawImage(this.#image, left, top, width, height);
  }

  /** @type {(pixels: ImageData, value: number | null, row: number, from: number, to: number) => void} */
  #dye(pixels, value, row, from, to) {
    if (value === null) return;
    const shade = this.#shades[Math.min(SHADES - 1, Math.max(0, Math.floor((value / 100) * SHADES)))];
    for (let column = from; column < to; column += 1) pixels.data.set(shade, 4 * (row * BINS + column));
  }
}

/** @type {(columns: Columns) => (number | null)[]} */
function busiest([times, ...rows]) {
  return times.map((_, index) => {
    const known = rows.map((row) => row[index]).filter((value) => value !== null);
    return known.length ? Math.max(...known) : null;
  });
}

// One hue from the ground up, so that it is read without telling red from green.
/** @type {(token: (name: string) => string) => number[][]} */
function shades(token) {
  const [ground, full] = ["raised", "series-1"].map((name) => (token(name).match(/\d+(\.\d+)?/g) ?? []).map(Number));
  return Array.from({ length: SHADES }, (_, step) => {
    const part = step / (SHADES - 1);
    return [...ground.slice(0, 3).map((value, index) => value + (full[index] - value) * part), 255];
  });
}
