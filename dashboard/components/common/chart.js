// One uPlot chart with a legend of its own above it, whose height never changes.
import uPlot from "../vendor/uplot/uPlot.min.js";
import { timeOfDay } from "./format.js";
import { lonely } from "./gaps.js";
import { inks, translucent } from "./ink.js";
import { Legend } from "./legend.js";
import { NO_NOTES, paintNotes } from "./notes.js";
import { WINDOW_MS } from "./timeline.js";

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color
 * @property {boolean} [fill]
 * @property {boolean} [hidden]
 * @property {boolean} [band] two more columns stand after those of all lines: its maximum and its minimum
 * @property {boolean} [apart] it does not stand on the lines before it
 * @property {boolean} [told] the card says its newest number already
 */
/** @typedef {[times: number[], ...lines: (number | null)[][]]} Columns */
/** @typedef {{ size: number, end: number, ticks(times: number[]): string[], said(time: number): string }} Times how times are written, and the room that takes below and at the right */
/** @typedef {{ show(columns: Columns, index: number | null, said: string): void }} Told what tells the numbers */
/** @typedef {[from: number, to: number]} Range in ms */
/** @typedef {{ paint(plot: uPlot): void, axis(value: number): string, describe(plot: uPlot, index: number): string }} Layer */
/**
 * @typedef {object} Options
 * @property {Line[]} lines
 * @property {(value: number | null) => string} format
 * @property {(max: number) => number} range the top of the scale
 * @property {string} sync
 * @property {(range: Range | null) => void} onZoom
 * @property {() => void} [onPick] what a click or Enter does
 * @property {(low: number, high: number) => [number, number]} [scale] both ends of it, where it need not begin at 0
 * @property {boolean} [stacked] each line stands on the one before
 * @property {Layer | null} [layer] for what is not made of lines
 * @property {Times} [times]
 * @property {Told} [told] in place of a legend of the newest numbers
 */

const AXIS_WIDTH = 62;
const FEW_BANDS = 3;
/** @type {Times} */
const CLOCK = { size: 24, end: 8, ticks: clockTexts, said: timeOfDay };

export class Chart {
  #plot;
  #lines;
  #format;
  #told;
  #times;
  #columns;
  #stacked;
  #layer;
  /** @type {Range | null} */
  #zoom = null;
  #resized;
  #notes = NO_NOTES;

  /** @param {HTMLElement} box @param {HTMLElement} legend @param {Options} options */
  constructor(box, legend, { lines, format, range, sync, onZoom, onPick, scale, stacked = false, layer = null, times = CLOCK, told }) {
    this.#lines = lines;
    this.#format = format;
    this.#stacked = stacked;
    this.#layer = layer;
    this.#columns = /** @type {Columns} */ ([[], ...lines.flatMap(({ band }) => (band ? [[], [], []] : [[]]))]);
    this.#times = times;
    this.#told = told ?? new Legend(legend, lines, format);
    this.#plot = new uPlot(this.#options(box, range, scale, sync, onZoom), this.#columns, box);
    this.#plot.over.addEventListener("dblclick", () => onZoom(null));
    onClick(this.#plot.over, onPick);
    box.tabIndex = 0;
    box.onkeydown = (event) => this.#pressed(event, onPick);
    box.onblur = () => this.#point(null);
    this.#resized = new ResizeObserver(() => this.#resize(box));
    this.#resized.observe(box);
    this.draw(this.#columns, Date.now()); // axes before there is anything to draw
  }

  // One redraw a call. `newest` is the right edge, in ms since 1970.
  /** @type {(columns: Columns, newest: number) => void} */
  draw(columns, newest) {
    this.#columns = columns;
    const [from, to] = this.#zoom ?? [newest - WINDOW_MS, newest];
    this.#plot.batch(() => {
      this.#plot.setData(this.#stacked ? stack(columns, this.#lines) : columns, false);
      this.#plot.setScale("x", { min: from, max: to });
    });
    this.#showLegend();
  }

  /** @type {(range: Range | null, newest: number | null) => void} */
  zoom(range, newest) {
    this.#zoom = range;
    if (newest !== null) this.draw(this.#columns, newest);
  }

  // What rules say of it.
  /** @param {import("./notes.js").Notes} notes */
  note(notes) {
    this.#notes = notes;
    this.#plot.redraw(false, false);
  }

  destroy() {
    this.#resized.disconnect();
    this.#plot.destroy();
  }

  /** @type {(box: HTMLElement) => void} */
  #resize(box) {
    if (!box.clientWidth) return; // out of sight: another view is shown
    this.#plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  }

  #showLegend() {
    const hovered = this.#plot.cursor.idx ?? null;
    const said = hovered === null ? [] : [this.#layer?.describe(this.#plot, hovered), this.#times.said(this.#columns[0][hovered])];
    this.#told.show(this.#columns, hovered, said.filter(Boolean).join(" · "));
  }

  // The arrow keys read along the lines as the pointer does.
  /** @type {(event: KeyboardEvent, onPick?: () => void) => void} */
  #pressed(event, onPick) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (way) {
      const last = this.#columns[0].length - 1;
      const at = this.#plot.cursor.idx ?? last + (way < 0 ? 1 : 0);
      this.#point(Math.max(0, Math.min(last, at + way)));
    } else if (event.key === "Escape") this.#point(null);
    else if (event.key === "Enter") onPick?.();
    else return;
    event.preventDefault();
  }

  /** @type {(index: number | null) => void} */
  #point(index) {
    const left = index === null ? -10 : this.#plot.valToPos(this.#columns[0][index], "x");
    // Its types do not know the last: whether the charts beside it are told.
    const { setCursor } = /** @type {any} */ (this.#plot);
    setCursor({ left, top: index === null ? -10 : this.#plot.over.clientHeight / 2 }, true, true);
  }

  /** @type {(box: HTMLElement, range: Options["range"], scale: Options["scale"], sync: string, onZoom: Options["onZoom"]) => uPlot.Options} */
  #options(box, range, scale, sync, onZoom) {
    const token = inks(box);
    const ink = { stroke: token("faint"), font: `12px ${getComputedStyle(box).fontFamily}` };
    const grid = { stroke: token("border"), width: 1 };
    return {
      width: box.clientWidth || 320,
      height: box.clientHeight || 130,
      ms: 1,
      padding: [8, this.#times.end, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        // Only the line under the pointer is shared: each chart would zoom on another's drag as well.
        sync: { key: sync, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
      },
      scales: { x: { time: true }, y: { range: (_plot, min, max) => (scale && min !== null ? scale(min, max) : [min < 0 ? -range(-min) : 0, range(Math.max(0, max ?? 0))]) } },
      axes: [
        { ...ink, grid: { show: false }, ticks: { show: false }, size: this.#times.size, space: (plot) => (plot.width < 480 ? 48 : 90), values: (_plot, ticks) => this.#times.ticks(ticks) },
        { ...ink, grid, ticks: { show: false }, size: AXIS_WIDTH, splits: quarters, gap: 8,
          values: (_plot, ticks) => ticks.map(this.#layer?.axis ?? ((tick) => short(this.#format(tick)))) },
      ],
      series: [{}, ...this.#lines.map((line) => lineOptions(line, token, this.#stacked && !line.apart)), ...edges(this.#lines)],
      bands: [...between(this.#lines, this.#stacked), ...bands(this.#lines, token)],
      hooks: {
        setCursor: [() => this.#showLegend()],
        setSelect: [(plot) => zoomTo(plot, onZoom)],
        drawAxes: this.#layer ? [this.#layer.paint] : [],
        draw: [(plot) => paintNotes(plot, this.#notes, () => (this.#layer ? null : "y"), token)],
      },
    };
  }
}

/** @type {(line: Line, token: (name: string) => string, stacked: boolean) => uPlot.Series} */
function lineOptions({ label, color, fill, hidden, band }, token, stacked) {
  const stroke = token(color);
  const ground = stacked ? translucent(stroke, 0.45) : fill && !band ? (/** @type {uPlot} */ plot) => fade(plot, stroke) : undefined;
  const points = hidden ? { show: false } : { show: true, size: 5, fill: stroke, filter: lonely };
  return { label, stroke, width: hidden ? 0 : stacked ? 1.25 : 1.75, fill: ground, points, spanGaps: false };
}

/** @type {(lines: Line[]) => uPlot.Series[]} */
function edges(lines) {
  const edge = { stroke: "transparent", width: 0, points: { show: false } };
  return lines.flatMap(({ band }) => (band ? [edge, edge] : []));
}

// From each line's maximum to its minimum: fainter where many would lie over one another.
/** @type {(lines: Line[], token: (name: string) => string) => uPlot.Band[]} */
function bands(lines, token) {
  const banded = lines.filter(({ band }) => band);
  const opacity = banded.length > FEW_BANDS ? 0.1 : 0.2;
  return banded.map(({ color }, index) => {
    const top = 1 + lines.length + 2 * index;
    return { series: [top, top + 1], fill: translucent(token(color), opacity) };
  });
}

// Each stacked line is filled down to the one before it.
/** @type {(lines: Line[], stacked: boolean) => uPlot.Band[]} */
function between(lines, stacked) {
  const on = stacked ? lines.filter(({ apart }) => !apart) : [];
  return on.slice(1).map((_, index) => ({ series: [index + 2, index + 1] }));
}

// The tops of the lines when each stands on the ones before. What is unknown stays so, and adds nothing.
/** @type {(columns: Columns, lines: Line[]) => Columns} */
export function stack([times, ...columns], lines) {
  const tops = times.map(() => 0);
  return [times, ...columns.map((column, place) => {
    if (!lines[place] || lines[place].apart) return column;
    return column.map((value, index) => (value === null ? null : (tops[index] += value)));
  })];
}

// A click of the mouse: a drag zooms, and a tap only points.
/** @type {(over: HTMLElement, act?: () => void) => void} */
function onClick(over, act) {
  /** @type {number | null} */
  let from = null;
  over.addEventListener("pointerdown", ({ pointerType, clientX }) => (from = pointerType === "mouse" ? clientX : null));
  over.addEventListener("click", ({ clientX, detail }) => {
    if (act && detail === 1 && from !== null && Math.abs(clientX - from) < 4) act();
  });
}

/** @type {(plot: uPlot, color: string) => CanvasGradient} */
function fade(plot, color) {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, translucent(color, 0.33));
  gradient.addColorStop(1, translucent(color, 0.02));
  return gradient;
}

// "2.50 MB/s" → "2.5 MB/s": an axis has round numbers.
/** @type {(text: string) => string} */
function short(text) {
  return text.replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
}

/** @type {(ticks: number[]) => string[]} */
function clockTexts(ticks) {
  return ticks.map((time) => timeOfDay(time).slice(0, time % 60_000 ? 8 : 5));
}

/** @type {(plot: uPlot, axis: number, min: number, max: number) => number[]} */
function quarters(_plot, _axis, min, max) {
  return [min, min + (max - min) / 2, max];
}

/** @type {(plot: uPlot, onZoom: Options["onZoom"]) => void} */
function zoomTo(plot, onZoom) {
  const { left, width } = plot.select;
  if (width < 8) return;
  /** @type {Range} */
  const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onZoom(range);
}
