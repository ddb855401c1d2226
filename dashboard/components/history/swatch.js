// A piece of a line as the chart draws it: what tells lines apart is colour and dash.

const SVG = "http://www.w3.org/2000/svg";
const THEN = [3, 3];

/** @type {() => SVGElement} */
export function swatch() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("aria-hidden", "true");
  picture.classList.add("swatch");
  const stroke = document.createElementNS(SVG, "line");
  for (const [name, value] of Object.entries({ x1: 0, x2: 34, y1: 3, y2: 3 })) stroke.setAttribute(name, String(value));
  picture.append(stroke);
  return picture;
}

// `isThen`: the line of the range that is compared with.
/** @type {(picture: Element, line: { color: string, dash?: number[] }, isThen?: boolean) => Element} */
export function ink(picture, { color, dash }, isThen = false) {
  const { style } = /** @type {SVGElement} */ (picture.firstElementChild);
  style.stroke = `var(--pw-${color})`;
  style.strokeDasharray = (isThen ? THEN : (dash ?? [])).join(" ");
  style.opacity = isThen ? "0.6" : "1";
  return picture;
}
