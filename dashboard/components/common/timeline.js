// The last minutes of one metric: rows of [time in ms, values…], oldest first.

export const WINDOW_MS = 5 * 60_000;
const KEPT_MS = WINDOW_MS + 60_000;

export class Timeline {
  #rows = [];
  #step = 5000;

  constructor(width) {
    this.width = width;
  }

  set interval(milliseconds) {
    this.#step = milliseconds;
  }

  add(time, values) {
    const { newest } = this;
    if (time === newest) return;
    // The host's clock was set back: what it said of later than this is over.
    if (newest !== null && time < newest) this.#rows = this.#rows.filter((row) => row[0] < time);
    this.#rows.push([time, ...values]);
    while (this.#rows[0][0] < time - KEPT_MS) this.#rows.shift();
  }

  // What history knows goes where no live reading is; a live reading is exact and stays.
  fill(rows) {
    const step = Math.max(this.#step, medianStep(rows));
    const missing = rows.filter(([time]) => !this.#rows.some((row) => Math.abs(row[0] - time) < step));
    this.#rows = [...missing, ...this.#rows].sort((a, b) => a[0] - b[0]);
  }

  clear() {
    this.#rows = [];
  }

  get newest() {
    return this.#rows.at(-1)?.[0] ?? null;
  }

  // uPlot's shape: one array of times, one of each line's values. A gap becomes a row of nulls.
  columns() {
    const columns = Array.from({ length: this.width + 1 }, () => []);
    const longest = 3 * Math.max(this.#step, medianStep(this.#rows));
    let before = null;
    for (const row of this.#rows) {
      if (before !== null && row[0] - before > longest) append(columns, [before + 1]);
      append(columns, row);
      before = row[0];
    }
    return columns;
  }
}

function append(columns, row) {
  columns.forEach((column, index) => column.push(row[index] ?? null));
}

function medianStep(rows) {
  const steps = rows.slice(1).map((row, index) => row[0] - rows[index][0]).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}
