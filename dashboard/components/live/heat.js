// Many lines as a map: time to the right, one row each, the busier the brighter. For 1 or 128 cores alike.
import { Chart } from "../common/chart.js";
import { inks } from "../common/ink.js";
import { Timeline } from "../common/timeline.js";

const BINS = 300; // one a second of the window
const SHADES = 64;

export class HeatPlot {
  #view;
  #timeline;
  #chart;
  #columns = [[]];
  #image = document.createElement("canvas");
  #shades;

  // view: {rows, row: word for one of them, take(reading) → percentages, format}; options: of Chart
  constructor(view, box, legend, options) {
    this.#view = view;
    this.#timeline = new Timeline(view.rows);
    this.#shades = shades(inks(box));
    this.#image.width = BINS;
    this.#image.height = view.rows;
    const layer = {
      paint: (plot) => this.#paint(plot),
      axis: (row) => (row === view.rows ? String(row - 1) : Number.isInteger(row) ? String(row) : ""),
      describe: (plot, index) => this.#describe(plot, index),
    };
    const lines = [{ label: `Busiest ${view.row.toLowerCase()}`, color: "series-1", hidden: true }];
    this.#chart = new Chart(box, legend, { lines, format: view.format, range: () => view.rows, layer, ...options });
  }

  set interval(milliseconds) {
    this.#timeline.interval = milliseconds;
  }

  add(time, reading) {
    this.#timeline.add(time, this.#view.take(reading));
  }

  fill(past) {
    this.#timeline.fill(past.map(({ time, reading }) => [time, ...this.#view.take(reading)]));
  }

  get hasFreshHole() {
    return this.#timeline.hasFreshHole;
  }

  draw(edge) {
    this.#columns = this.#timeline.columns();
    this.#chart.draw([this.#columns[0], busiest(this.#columns)], edge);
  }

  zoom(range, edge) {
    this.#chart.zoom(range, edge);
  }

  destroy() {
    this.#chart.destroy();
  }

  #describe(plot, index) {
    const row = Math.floor(plot.posToVal(plot.cursor.top, "y"));
    if (!(row >= 0 && row < this.#view.rows)) return "";
    return `${this.#view.row} ${row}: ${this.#view.format(this.#columns[row + 1][index])}`;
  }

  // One pixel a bin and row, made large without smoothing: the cost does not grow with the screen.
  #paint(plot) {
    const { min, max } = plot.scales.x;
    const context = this.#image.getContext("2d");
    const pixels = context.createImageData(BINS, this.#view.rows);
    const bin = (time) => Math.round(((time - min) / (max - min)) * BINS);
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

  #dye(pixels, value, row, from, to) {
    if (value === null) return;
    const shade = this.#shades[Math.min(SHADES - 1, Math.max(0, Math.floor((value / 100) * SHADES)))];
    for (let column = from; column < to; column += 1) pixels.data.set(shade, 4 * (row * BINS + column));
  }
}

function busiest([times, ...rows]) {
  return times.map((_, index) => {
    const known = rows.map((row) => row[index]).filter((value) => value !== null);
    return known.length ? Math.max(...known) : null;
  });
}

// One hue from the ground up, so that it is read without telling red from green.
function shades(token) {
  const [ground, full] = ["raised", "series-1"].map((name) => token(name).match(/\d+(\.\d+)?/g).map(Number));
  return Array.from({ length: SHADES }, (_, step) => {
    const part = step / (SHADES - 1);
    return [...ground.slice(0, 3).map((value, index) => value + (full[index] - value) * part), 255];
  });
}
