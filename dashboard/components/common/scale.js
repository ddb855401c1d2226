// Where a chart's scale ends.

// The smallest round number that `value` fits under: 1, 2, 5 times a power of ten.
/** @type {(value: number, least: number) => number} */
export function roundUp(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power;
}
