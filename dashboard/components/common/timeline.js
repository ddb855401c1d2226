// The last minutes of one metric: rows of [time in ms, values…], oldest first.
import { GAP, medianStep } from "./gaps.js";

/** @typedef {(number | null | undefined)[]} Values */
/** @typedef {[time: number, ...values: Values]} Row */

export const WINDOW_MS = 5 * 60_000;
const KEPT_MS = WINDOW_MS + 60_000;
const FRESH_MS = 15_000; // no batch of the bridge waits for longer

export class Timeline {
  /** @type {Row[]} */
  #rows = [];
  #step = 5000;

  /** @param {number} width how many values each row has */
  constructor(width) {
    this.width = width;
  }

  /** @param {number} milliseconds */
  set interval(milliseconds) {
    this.#step = milliseconds;
  }

  /** @type {(time: number, values: Values) => void} */
  add(time, values) {
    const { newest } = this;
    if (time === newest) return;
    // The host's clock was set back: what it said of later than this is over.
    if (newest !== null && time < newest) this.#rows = this.#rows.filter((row) => row[0] < time);
    this.#rows.push([time, ...values]);
    while (this.#rows[0][0] < time - KEPT_MS) this.#rows.shift();
  }

  // What history knows goes where no live reading is; a live reading is exact and stays.
  /** @type {(rows: Row[]) => void} */
  fill(rows) {
    const near = Math.max(this.#step, step(rows));
    const missing = rows.filter(([time]) => !this.#rows.some((row) => Math.abs(row[0] - time) < near));
    this.#rows = [...missing, ...this.#rows].sort((a, b) => a[0] - b[0]);
  }

  clear() {
    this.#rows = [];
  }

  /** @type {number | null} */
  get newest() {
    return this.#rows.at(-1)?.[0] ?? null;
  }

  // Whether a reading of the last seconds is missing: the bridge may not have written it yet.
  get hasFreshHole() {
    const longest = 1.5 * Math.max(this.#step, step(this.#rows));
    const since = (this.newest ?? 0) - FRESH_MS;
    const fresh = this.#rows.filter(([time]) => time >= since);
    return fresh.some(([time], index) => index > 0 && time - fresh[index - 1][0] > longest);
  }

  // uPlot's shape: one array of times, one of each line's values. A gap becomes a row of nulls.
  /** @type {() => [times: number[], ...lines: (number | null)[][]]} */
  columns() {
    /** @type {[times: number[], ...lines: (number | null)[][]]} */
    const columns = [[], ...Array.from({ length: this.width }, () => [])];
    const longest = GAP * Math.max(this.#step, step(this.#rows));
    /** @type {number | null} */
    let before = null;
    for (const row of this.#rows) {
      if (before !== null && row[0] - before > longest) append(columns, [before + 1]);
      append(columns, row);
      before = row[0];
    }
    return columns;
  }
}

/** @type {(columns: (number | null)[][], row: (number | null | undefined)[]) => void} */
function append(columns, row) {
  columns.forEach((column, index) => column.push(row[index] ?? null));
}

/** @type {(rows: Row[]) => number} */
function step(rows) {
  return medianStep(rows.map(([time]) => time));
}
