// Where a chart's scale ends.

// The smallest round number that `value` fits under: 1, 2, 5 times a power of ten.
/** @type {(value: number, least: number) => number} */
export function roundUp(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power;
}

// The ends of a scale that need not begin at 0: round ones, with a round middle, `least` apart or more.
/** @type {(low: number, high: number, least: number) => [number, number]} */
export function around(low, high, least) {
  for (let half = roundUp(Math.max(high - low, least) / 2, least / 2); ; half = roundUp(half * 1.01, half)) {
    const from = Math.floor(low / half) * half;
    if (high <= from + 2 * half) return [from, from + 2 * half];
  }
}
