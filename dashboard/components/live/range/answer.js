// What /api/history/host found, metric by metric, and the columns of a chart made of it.
import { GAP, medianStep } from "../../common/gaps.js";

/** @typedef {import("../../common/chart.js").Columns} Columns */
/** @typedef {import("../cards.js").View<any>} View */
/** @typedef {import("../cards.js").Line<any> & import("../../common/chart.js").Line} Line */
/** @typedef {(number | null)[]} Column */
/** @typedef {{ mean: Column, min: Column, max: Column }} Numbers */
/** @typedef {{ metric: string, tag: string, part: string, field: string } & Numbers} Series */
/** @typedef {{ times: number[], interval_ms: number, series: Series[], newest_time: string | null }} Answer */

/** @type {(keyof Numbers)[]} */
const KINDS = ["mean", "min", "max"];

/** @type {(answer: Answer) => Map<string, Found>} */
export function byMetric({ times, interval_ms: interval, series }) {
  const metrics = [...new Set(series.map(({ metric }) => metric))];
  return new Map(metrics.map((metric) => [metric, new Found(times, interval, series.filter((one) => one.metric === metric))]));
}

// The lines that a view has over a range: each with its band, but for those that stand on one another.
/** @type {(view: View) => Line[]} */
export function linesOf({ lines = [], stacked, whole }) {
  const each = lines.map((line) => ({ ...line, band: !stacked && !line.sums }));
  return whole ? [...each, { ...whole, hidden: true, apart: true, band: true }] : each;
}

// One metric of one host. A name is that of a field, `usage_percent`, or of its parts' field, `core.usage_percent`.
export class Found {
  /** @type {Map<string, Map<string, Series>>} */
  #series = new Map();
  #times;
  #interval;

  /** @param {number[]} times @param {number} interval in ms @param {Series[]} series */
  constructor(times, interval, series) {
    this.#times = times;
    this.#interval = interval;
    for (const one of series) {
      const name = one.tag ? `${one.tag}.${one.field}` : one.field;
      const parts = this.#series.get(name) ?? new Map();
      this.#series.set(name, parts.set(one.part, one));
    }
  }

  /** @param {string} name */
  has(name) {
    return this.#series.has(name);
  }

  // Numbers of the whole, with the newest of each.
  /** @type {() => [field: string, value: number | null][]} */
  fields() {
    return [...this.#series].filter(([, parts]) => parts.has("")).map(([field, parts]) => [field, known(parts.get("")?.mean ?? []).at(-1) ?? null]);
  }

  /** @type {(name: string) => string[]} */
  parts(name) {
    return [...(this.#series.get(name)?.keys() ?? [])];
  }

  // Those that rose highest come first.
  /** @type {(name: string) => string[]} */
  highest(name) {
    const peak = (/** @type {string} */ part) => Math.max(...known(this.#series.get(name)?.get(part)?.max ?? []));
    return this.parts(name).sort((a, b) => peak(b) - peak(a));
  }

  // What a chart of those lines takes, and the numbers of each line, bucket by bucket. A gap is a row of nulls.
  /** @type {(view: View, lines: Line[]) => { columns: Columns, numbers: Numbers[] }} */
  columns(view, lines) {
    const all = lines.map((line) => this.#numbers(view, line));
    const rows = this.#rows(all);
    const column = (/** @type {Column} */ values) => rows.map(({ place }) => values[place] ?? null);
    const numbers = all.map(({ mean, min, max }) => ({ mean: column(mean), min: column(min), max: column(max) }));
    const edges = numbers.flatMap(({ max, min }, line) => (lines[line].band ? [max, min] : []));
    return { columns: [rows.map(({ time }) => time), ...numbers.map(({ mean }) => mean), ...edges], numbers };
  }

  /** @type {(view: View, line: Line) => Numbers} */
  #numbers({ of }, { field = "", part = "", past, sums }) {
    const name = of ? `${of}.${field}` : field;
    const bucket = past ?? ((find) => find(name, part));
    const column = (/** @type {keyof Numbers} */ kind) => this.#times.map((_, at) => bucket(
      (/** @type {string} */ one, which = "") => this.#series.get(one)?.get(which)?.[kind][at] ?? null,
      (/** @type {string} */ one) => [...(this.#series.get(one)?.values() ?? [])].map((found) => found[kind][at]),
    ));
    const [mean, min, max] = KINDS.map((kind) => (sums && kind !== "mean" ? [] : column(kind)));
    return { mean, min, max };
  }

  // Each bucket that has something, and -1 as place where that is missing for long: other metrics come at other times.
  /** @type {(all: Numbers[]) => { time: number, place: number }[]} */
  #rows(all) {
    const there = this.#times.map((time, place) => ({ time, place })).filter(({ place }) => all.some(({ mean }) => mean[place] !== null));
    const longest = GAP * Math.max(this.#interval, medianStep(there.map(({ time }) => time)));
    return there.flatMap((row, index) => {
      const before = there[index - 1]?.time ?? row.time;
      return row.time - before > longest ? [{ time: before + this.#interval, place: -1 }, row] : [row];
    });
  }
}

/** @type {(values: Column) => number[]} */
export function known(values) {
  return values.filter((value) => value !== null);
}
