// What is shown, as a file: made in the browser, of what is there already.
import { inks, translucent } from "../common/ink.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {Pick<Line, "name" | "unit" | "times" | "mean" | "min" | "max">} Saved */
/** @typedef {{ name: string, color: string, dash?: number[], faded?: boolean }} Entry of a legend */

const STATISTICS = /** @type {const} */ (["mean", "min", "max"]);

// One row a time (ISO, UTC), one column a line and statistic; compared lines stand at the times they are drawn at.
/** @type {(drawn: { lines: Saved[], compared: Saved[] }, then: string | null) => string} */
export function csv({ lines, compared }, then) {
  /** @type {[string, Saved][]} */
  const named = [...lines.map((line) => /** @type {[string, Saved]} */ ([line.name, line])), ...compared.map((line) => /** @type {[string, Saved]} */ ([`${line.name}, ${then}`, line]))];
  const head = named.flatMap(([name, { unit }]) => STATISTICS.map((statistic) => `${name} ${statistic}${inUnit(unit)}`));
  /** @type {Map<number, (string | number)[]>} */
  const rows = new Map();
  const width = 3 * named.length;
  named.forEach(([, line], place) => line.times.forEach((time, index) => {
    const row = rows.get(time) ?? Array(width).fill("");
    rows.set(time, row);
    STATISTICS.forEach((statistic, column) => (row[3 * place + column] = line[statistic][index]));
  }));
  const times = [...rows.keys()].sort((a, b) => a - b);
  const body = times.map((time) => [new Date(time).toISOString(), ...(rows.get(time) ?? [])].join(","));
  return [["time", ...head].map(quoted).join(","), ...body, ""].join("\r\n");
}

// Numbers are in the unit without steps: B/s, not MB/s.
/** @type {(unit: import("./units.js").Unit) => string} */
function inUnit({ names }) {
  return names[0] ? ` (${names[0]})` : "";
}

// A name that begins like a formula would be one to a spreadsheet; others' devices name themselves.
/** @type {(text: string) => string} */
function quoted(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// "perfwatch_cpu_usage_nas_20261123T1400Z_20261123T1500Z.csv"
/** @type {(words: string[], span: import("./view.js").Span, ending: string) => string} */
export function fileName(words, [start, stop], ending) {
  const stamp = (/** @type {number} */ time) => `${new Date(time).toISOString().replace(/[-:]/g, "").slice(0, 13)}Z`;
  const safe = words.map((word) => word.normalize("NFKD").replace(/[^\w.]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").toLowerCase());
  const named = safe.filter(Boolean).join("_").slice(0, 120);
  return `perfwatch_${named}_${stamp(start)}_${stamp(stop)}.${ending}`;
}

// The chart on the theme's ground, under its title, range and legend.
/** @type {(plot: { canvas: HTMLCanvasElement }, box: HTMLElement, title: string, subtitle: string, legend: Entry[]) => HTMLCanvasElement} */
export function picture(plot, box, title, subtitle, legend) {
  const ratio = devicePixelRatio;
  const source = plot.canvas;
  const canvas = document.createElement("canvas");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const family = getComputedStyle(box).fontFamily;
  const width = source.width / ratio;
  pen.font = `13px ${family}`;
  const entries = placed(legend, (text) => pen.measureText(text).width, width - 32);
  const top = 64 + 22 * (1 + Math.max(0, ...entries.map(({ row }) => row)));
  [canvas.width, canvas.height] = [source.width, source.height + (top + 16) * ratio];
  const token = inks(box);
  pen.scale(ratio, ratio);
  pen.fillStyle = token("surface");
  pen.fillRect(0, 0, width, canvas.height / ratio);
  text(pen, title, 16, 30, `600 17px ${family}`, token("text"), width - 32);
  text(pen, subtitle, 16, 50, `13px ${family}`, token("muted"), width - 32);
  for (const { name, color, dash, faded, x, row } of entries) {
    const y = 72 + 22 * row;
    pen.strokeStyle = faded ? translucent(token(color), 0.6) : token(color);
    pen.lineWidth = 2.5;
    pen.setLineDash(faded ? [3, 3] : (dash ?? []));
    pen.beginPath();
    pen.moveTo(16 + x, y - 4);
    pen.lineTo(36 + x, y - 4);
    pen.stroke();
    text(pen, name, 42 + x, y, `13px ${family}`, token("text"));
  }
  pen.drawImage(source, 0, top, width, source.height / ratio);
  return canvas;
}

/** @type {(pen: CanvasRenderingContext2D, words: string, x: number, y: number, font: string, color: string, most?: number) => void} */
function text(pen, words, x, y, font, color, most) {
  [pen.font, pen.fillStyle] = [font, color];
  pen.fillText(words, x, y, most);
}

// Legend entries one after the other, in as many rows as they need.
/** @type {(legend: Entry[], measure: (text: string) => number, room: number) => (Entry & { x: number, row: number })[]} */
function placed(legend, measure, room) {
  let [x, row] = [0, 0];
  return legend.map((entry) => {
    const width = 26 + measure(entry.name) + 20;
    if (x > 0 && x + width > room) [x, row] = [0, row + 1];
    x += width;
    return { ...entry, x: x - width, row };
  });
}

/** @type {(content: Blob, name: string) => void} */
export function download(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
