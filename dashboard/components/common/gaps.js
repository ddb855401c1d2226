// Where a line breaks, and what is drawn of it there.

/** @typedef {import("../vendor/uplot/uPlot.min.js").default} uPlot */

export const GAP = 3; // a line breaks where readings are missing for longer than this many of its steps

/** @type {(times: number[]) => number} */
export function medianStep(times) {
  const steps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

// A reading without a neighbour has no line: it is drawn as a dot.
/** @type {(plot: uPlot, series: number) => number[]} */
export function lonely(plot, series) {
  const values = /** @type {(number | null | undefined)[]} */ (plot.data[series]);
  const places = values.map((_, place) => place).filter((place) => values[place] !== undefined);
  const isBare = (/** @type {number | undefined} */ place) => place === undefined || values[place] === null;
  return places.filter((place, index) => values[place] !== null && isBare(places[index - 1]) && isBare(places[index + 1]));
}
