// A sparkline: two paths of an SVG, which the browser scales and colours by itself.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 24;
const MARGIN = 1.5; // room for half a line's width

export class Spark {
  /** @type {Element} */
  #area;
  /** @type {Element} */
  #line;

  /** @param {string} color */
  constructor(color) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "spark");
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    this.svg.style.color = `var(--pw-${color})`;
    [this.#area, this.#line] = ["area", "line"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      return this.svg.appendChild(path);
    });
  }

  // `times` in ms, `values` with nulls for gaps; `top`: (largest) → the value at the upper edge
  /** @type {(times: number[], values: (number | null)[], span: { from: number, to: number }, top: (max: number) => number) => void} */
  draw(times, values, { from, to }, top) {
    const pieces = strokes(times, values, from, to, top(Math.max(0, ...values.map(Number))));
    this.#line.setAttribute("d", pieces.map((points) => `M${points.join("L")}`).join(""));
    this.#area.setAttribute("d", pieces.map(under).join(""));
  }
}

// Each unbroken piece as "x y" points: one a unit of width, the largest there, so that peaks stay.
/** @type {(times: number[], values: (number | null)[], from: number, to: number, top: number) => string[][]} */
export function strokes(times, values, from, to, top) {
  const step = (to - from) / WIDTH;
  /** @type {{ x: number, value: number }[][]} */
  const pieces = [];
  /** @type {{ x: number, value: number }[] | null} */
  let piece = null;
  /** @type {number | null} */
  let column = null;
  for (let index = 0; index < times.length; index += 1) {
    const value = values[index];
    if (value === null) piece = null;
    if (value === null || times[index] < from) continue;
    if (!piece) pieces.push((piece = []));
    const place = Math.floor(times[index] / step);
    const shared = place === column && piece.length > 0;
    column = place;
    if (shared && piece[piece.length - 1].value >= value) continue;
    piece.splice(shared ? -1 : piece.length, shared ? 1 : 0, { x: (times[index] - from) / step, value });
  }
  return pieces.map((points) => points.map(({ x, value }) => `${x.toFixed(1)} ${height(value, top).toFixed(1)}`));
}

/** @type {(value: number, top: number) => number} */
function height(value, top) {
  return HEIGHT - MARGIN - (Math.min(value, top) / top) * (HEIGHT - 2 * MARGIN);
}

/** @type {(points: string[]) => string} */
function under(points) {
  const [first] = points[0].split(" ");
  const [last] = points[points.length - 1].split(" ");
  return `M${first} ${HEIGHT}L${points.join("L")}L${last} ${HEIGHT}Z`;
}
