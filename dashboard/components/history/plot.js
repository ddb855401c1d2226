// The chart: means as lines over bands from minimum to maximum, with an axis a unit, two at most.
import uPlot from "../vendor/uplot/uPlot.min.js";
import { inks, translucent } from "../common/ink.js";
import { lonely } from "../common/gaps.js";
import { NO_NOTES, paintNotes } from "../common/notes.js";
import { gestures } from "./gestures.js";
import { MOST_BANDS, withGaps } from "./lines.js";
import { axisTexts } from "../common/times.js";
import { axis, tickTexts } from "./units.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("./units.js").Unit} Unit */
/** @typedef {import("./view.js").Span} Span */
/** @typedef {(name: string) => string} Token */
/** @typedef {{ lines: Line[], compared: Line[], window: Span, interval: number, hidden: Set<string> }} Shown */
/** @typedef {{ window(range: Span | null, kind: import("./gestures.js").Kind): void, hover(time: number, left: number): void, leave(): void }} Act */

const FADED = 0.6; // what is compared with stands behind
const WHOLE_GAPS = 2; // uPlot's NULL_EXPAND: other lines' times within a gap do not end it

export class Plot {
  #box;
  /** @type {any} of uPlot, once there is something to draw */
  #plot = null;
  #built = "";
  /** @type {Shown} */
  #shown = { lines: [], compared: [], window: [0, 0], interval: 0, hidden: new Set() };
  #act;
  #resized;
  #notes = NO_NOTES;

  /** @param {HTMLElement} box @param {Act} act */
  constructor(box, act) {
    this.#box = box;
    this.#act = act;
    this.#resized = new ResizeObserver(() => this.#plot?.setSize(this.#size()));
    this.#resized.observe(box);
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.#shown = shown;
    const all = [...shown.lines, ...shown.compared];
    const built = JSON.stringify([shown.compared.length, all.map(({ key, unit, dash }) => [key, unit, dash])]);
    const tables = all.map((line) => this.#columns(line));
    const data = uPlot.join(/** @type {uPlot.AlignedData[]} */ (tables), tables.map((table) => table.map(() => WHOLE_GAPS)));
    if (built !== this.#built) this.#build(built, data);
    this.#plot.batch(() => {
      this.#plot.setData(data, false);
      this.#hide();
      this.look(shown.window);
    });
  }

  // Show that stretch of time with what is there already.
  /** @param {Span} window */
  look([min, max]) {
    this.#plot?.setScale("x", { min, max });
  }

  // What rules say of it.
  /** @param {import("../common/notes.js").Notes} notes */
  note(notes) {
    this.#notes = notes;
    this.#plot?.redraw(false, false);
  }

  /** @param {Set<string>} hidden */
  hide(hidden) {
    this.#shown.hidden = hidden;
    this.#plot.batch(() => this.#hide());
  }

  /** @type {HTMLCanvasElement} */
  get canvas() {
    return this.#plot.ctx.canvas;
  }

  destroy() {
    this.#resized.disconnect();
    this.#plot?.destroy();
  }

  #hide() {
    let place = 1;
    for (const line of [...this.#shown.lines, ...this.#shown.compared]) {
      for (let column = 1; column < this.#columns(line).length; column += 1) {
        const show = !this.#shown.hidden.has(line.key);
        if (this.#plot.series[place].show !== show) this.#plot.setSeries(place, { show });
        place += 1;
      }
    }
  }

  // With a band or, where lines are many or compared with, without.
  /** @param {Line} line */
  #columns(line) {
    const all = withGaps(line, this.#shown.interval);
    return this.#hasBand(line) ? all : all.slice(0, 2);
  }

  /** @param {Line} line */
  #hasBand(line) {
    const { lines } = this.#shown;
    return lines.length <= MOST_BANDS && lines.includes(line);
  }

  /** @type {(built: string, data: uPlot.AlignedData) => void} */
  #build(built, data) {
    this.#plot?.destroy();
    this.#built = built;
    this.#plot = new uPlot(this.#options(), data, this.#box);
    gestures(this.#plot, this.#act.window);
    this.#plot.over.addEventListener("dblclick", () => this.#act.window(null, "zoom"));
  }

  #size() {
    return { width: this.#box.clientWidth || 320, height: this.#box.clientHeight || 300 };
  }

  /** @type {() => uPlot.Options} */
  #options() {
    const token = inks(this.#box);
    const all = [...this.#shown.lines, ...this.#shown.compared];
    const units = [...new Set(all.map(({ unit }) => unit))];
    /** @type {uPlot.Series[]} */
    const series = [{}];
    /** @type {uPlot.Band[]} */
    const bands = [];
    for (const line of all) {
      const place = series.push(this.#mean(line, `y${units.indexOf(line.unit)}`, token));
      if (!this.#hasBand(line)) continue;
      const edge = { scale: `y${units.indexOf(line.unit)}`, stroke: "transparent", width: 0, points: { show: false } };
      series.push(edge, edge);
      bands.push({ series: [place, place + 1], fill: translucent(token(line.color), 0.18) });
    }
    return {
      ...this.#size(),
      ms: 1,
      padding: [12, units.length > 1 ? 0 : 28, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: false, y: false, setScale: false },
        bind: { dblclick: () => null },
        dataIdx: (plot, _series, place, time) => (this.#isNear(plot.data[0][place], time) ? place : /** @type {any} */ (null)),
      },
      scales: { x: { time: true }, ...Object.fromEntries(units.map((unit, side) => [`y${side}`, valueScale(unit)])) },
      axes: [timeAxis(token, this.#box), ...units.map((unit, side) => this.#valueAxis(unit, side, units.length, token))],
      series,
      bands,
      hooks: {
        setCursor: [(plot) => this.#hovered(plot)],
        draw: [(plot) => paintNotes(plot, this.#notes, (field) => this.#scaleOf(field, units), token)],
      },
    };
  }

  /** @type {(field: string, units: Unit[]) => string | null} */
  #scaleOf(field, units) {
    const line = this.#shown.lines.find((one) => JSON.parse(one.key)[2] === field);
    return line ? `y${units.indexOf(line.unit)}` : null;
  }

  /** @type {(unit: Unit, side: number, count: number, token: Token) => uPlot.Axis} */
  #valueAxis(unit, side, count, token) {
    const names = new Set(this.#shown.lines.filter((line) => line.unit === unit).map(({ fieldName }) => fieldName));
    return {
      ...ink(token, this.#box),
      scale: `y${side}`,
      side: side === 0 ? 3 : 1,
      size: this.#box.clientWidth < 480 ? 58 : 76,
      gap: 8,
      label: count > 1 ? [...names].join(" + ") : undefined,
      labelSize: 22,
      labelFont: ink(token, this.#box).font,
      grid: { show: side === 0, stroke: token("border"), width: 1 },
      splits: (plot, _axis, min, max) => axis(unit, min, max, tickCount(plot)).ticks.filter((tick) => tick <= max),
      values: (_plot, ticks) => tickTexts(unit, ticks),
    };
  }

  /** @type {(line: Line, scale: string, token: Token) => uPlot.Series} */
  #mean(line, scale, token) {
    const isThen = this.#shown.compared.includes(line);
    const color = token(line.color);
    return {
      scale,
      stroke: isThen ? translucent(color, FADED) : color,
      width: isThen ? 1.25 : 1.75,
      dash: isThen ? [3, 3] : line.dash,
      points: { show: true, size: 5, fill: color, filter: lonely },
    };
  }

  // Beside readings nothing is pointed at.
  /** @type {(there: number, time: number) => boolean} */
  #isNear(there, time) {
    return Math.abs(there - time) <= 2 * this.#shown.interval;
  }

  /** @param {uPlot} plot */
  #hovered(plot) {
    const { left } = plot.cursor;
    if (left == null || left < 0 || !plot.data[0].length) return this.#act.leave();
    this.#act.hover(plot.posToVal(left, "x"), left + plot.bbox.left / devicePixelRatio);
  }
}

/** @type {(unit: Unit) => uPlot.Scale} */
function valueScale(unit) {
  return {
    range: (plot, min, max) => {
      const { min: low, max: high } = axis(unit, min ?? 0, max ?? 0, tickCount(plot));
      return [low, high];
    },
  };
}

/** @type {(token: Token, box: HTMLElement) => uPlot.Axis} */
function timeAxis(token, box) {
  return {
    ...ink(token, box),
    size: 42,
    grid: { stroke: token("border"), width: 1, dash: [2, 4] },
    space: box.clientWidth < 480 ? 64 : 88,
    values: (_plot, ticks) => axisTexts(ticks),
  };
}

/** @type {(token: Token, box: HTMLElement) => { stroke: string, font: string, ticks: { show: boolean } }} */
function ink(token, box) {
  return { stroke: token("muted"), font: `12px ${getComputedStyle(box).fontFamily}`, ticks: { show: false } };
}

/** @type {(plot: uPlot) => number} */
function tickCount(plot) {
  return Math.max(2, Math.floor(plot.height / 70));
}
