// One uPlot chart with a legend of its own above it, whose height never changes.
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { timeOfDay } from "./format.js";
import { WINDOW_MS } from "./timeline.js";

const AXIS_WIDTH = 62;

export class Chart {
  #plot;
  #lines;
  #format;
  #marks;
  #time;
  #columns;
  #zoom = null;
  #resized;

  // lines: [{label, color, fill}]; format: value → text; range: (max) → top of the scale
  constructor(box, legend, { lines, format, range, sync, onZoom }) {
    this.#lines = lines;
    this.#format = format;
    this.#columns = [[], ...lines.map(() => [])];
    [this.#marks, this.#time] = drawLegend(legend, lines);
    this.#plot = new uPlot(this.#options(box, range, sync, onZoom), this.#columns, box);
    this.#plot.over.addEventListener("dblclick", () => onZoom(null));
    this.#resized = new ResizeObserver(() => this.#resize(box));
    this.#resized.observe(box);
    this.draw(this.#columns, Date.now()); // axes before there is anything to draw
  }

  // One redraw a call. `newest` is the right edge, in ms since 1970.
  draw(columns, newest) {
    this.#columns = columns;
    const [from, to] = this.#zoom ?? [newest - WINDOW_MS, newest];
    this.#plot.batch(() => {
      this.#plot.setData(columns, false);
      this.#plot.setScale("x", { min: from, max: to });
    });
    this.#showLegend();
  }

  zoom(range, newest) {
    this.#zoom = range;
    if (newest !== null) this.draw(this.#columns, newest);
  }

  destroy() {
    this.#resized.disconnect();
    this.#plot.destroy();
  }

  #resize(box) {
    this.#plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  }

  #showLegend() {
    const hovered = this.#plot.cursor.idx;
    const index = hovered ?? this.#columns[0].length - 1;
    this.#marks.forEach((mark, line) => {
      mark.textContent = this.#format(this.#columns[line + 1][index] ?? null);
    });
    this.#time.textContent = hovered == null ? "" : timeOfDay(this.#columns[0][hovered]);
  }

  #options(box, range, sync, onZoom) {
    const token = inks(box);
    const ink = { stroke: token("faint"), font: `12px ${getComputedStyle(box).fontFamily}` };
    const grid = { stroke: token("border"), width: 1 };
    return {
      width: box.clientWidth || 320,
      height: box.clientHeight || 130,
      ms: 1,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        // Only the line under the pointer is shared: each chart would zoom on another's drag as well.
        sync: { key: sync, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
      },
      scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, range(max ?? 0)] } },
      axes: [
        { ...ink, grid: { show: false }, ticks: { show: false }, size: 24, space: (plot) => (plot.width < 480 ? 48 : 90), values: clockTicks },
        { ...ink, grid, ticks: { show: false }, size: AXIS_WIDTH, splits: quarters, gap: 8,
          values: (_plot, ticks) => ticks.map((tick) => short(this.#format(tick))) },
      ],
      series: [{}, ...this.#lines.map((line) => lineOptions(line, token))],
      hooks: {
        setCursor: [() => this.#showLegend()],
        setSelect: [(plot) => zoomTo(plot, onZoom)],
      },
    };
  }
}

function lineOptions({ label, color, fill }, token) {
  const stroke = token(color);
  return { label, stroke, width: 1.75, fill: fill ? (plot) => fade(plot, stroke) : undefined,
    points: { show: false }, spanGaps: false };
}

function fade(plot, color) {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, translucent(color, 0.33));
  gradient.addColorStop(1, translucent(color, 0.02));
  return gradient;
}

// The colours that tokens have in `box`, as rgb(): a canvas knows no custom properties.
export function inks(box) {
  return (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--pw-${name})`;
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

export function translucent(color, opacity) {
  return color.replace(/^rgb\((.*)\)$/, `rgb($1, ${opacity})`);
}

// "2.50 MB/s" → "2.5 MB/s": an axis has round numbers.
function short(text) {
  return text.replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
}

function clockTicks(_plot, ticks) {
  return ticks.map((time) => timeOfDay(time).slice(0, time % 60_000 ? 8 : 5));
}

function quarters(_plot, _axis, min, max) {
  return [min, min + (max - min) / 2, max];
}

function zoomTo(plot, onZoom) {
  const { left, width } = plot.select;
  if (width < 8) return;
  const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onZoom(range);
}

function drawLegend(legend, lines) {
  const marks = lines.map(({ label, color }) => {
    const entry = document.createElement("span");
    entry.className = "entry";
    const swatch = document.createElement("i");
    swatch.style.background = `var(--pw-${color})`;
    const mark = document.createElement("b");
    mark.textContent = "–";
    entry.append(swatch, label, mark);
    return legend.appendChild(entry) && mark;
  });
  const time = document.createElement("time");
  legend.append(time);
  return [marks, time];
}

// The smallest round number that `value` fits under: 1, 2, 5 times a power of ten.
export function roundUp(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value);
}
