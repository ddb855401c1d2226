// Drag to zoom; with Shift, or two fingers, to pan. Mouse, pen and touch alike; up and down scrolls the page.

/** @typedef {import("../vendor/uplot/uPlot.min.js").default} uPlot */
/** @typedef {import("./view.js").Span} Span */
/** @typedef {"zoom" | "pan"} Kind */
/** @typedef {{ x: number, time: number }} Finger where it is, and what it took hold of */

const LEAST = 8; // pixels: less is a click

// `done(range, kind)`: kind is "zoom" or "pan", range null where the gesture came to nothing.
/** @type {(plot: uPlot, done: (range: Span | null, kind: Kind) => void) => void} */
export function gestures(plot, done) {
  const { over } = plot;
  /** @type {Map<number, Finger & { from: number }>} */
  const fingers = new Map();
  /** @type {Kind} */
  let mode = "zoom";
  /** @type {Span} */
  let before = [0, 0];

  const place = (/** @type {PointerEvent} */ event) => event.clientX - over.getBoundingClientRect().left;
  const bounds = () => /** @type {Span} */ ([plot.scales.x.min, plot.scales.x.max]);
  const look = (/** @type {Span} */ [min, max]) => plot.setScale("x", { min, max });
  const select = (/** @type {number} */ left, /** @type {number} */ width) => plot.setSelect({ left, width, top: 0, height: over.clientHeight }, false);

  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || fingers.size > 1) return;
    over.setPointerCapture(event.pointerId);
    if (!fingers.size) before = bounds();
    const x = place(event);
    fingers.set(event.pointerId, { x, from: x, time: plot.posToVal(x, "x") });
    mode = fingers.size > 1 || event.shiftKey ? "pan" : "zoom";
    select(0, 0);
  });

  over.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    finger.x = Math.max(0, Math.min(over.clientWidth, place(event)));
    if (mode === "pan") look(held([...fingers.values()], over.clientWidth, bounds()));
    else select(Math.min(finger.x, finger.from), Math.abs(finger.x - finger.from));
  });

  over.addEventListener("pointerup", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    fingers.clear();
    select(0, 0);
    const [from, to] = mode === "pan" ? bounds() : [finger.time, plot.posToVal(finger.x, "x")].sort((a, b) => a - b);
    /** @type {Span} */
    const range = [from, to];
    const far = mode === "pan" ? range.join() !== before.join() : Math.abs(finger.x - finger.from) >= LEAST;
    if (far) done(range, mode);
  });

  // The browser took the finger for scrolling.
  over.addEventListener("pointercancel", () => {
    if (!fingers.size) return;
    fingers.clear();
    select(0, 0);
    look(before);
  });
}

// The range in which each finger stands on the time that it took hold of.
/** @type {(fingers: Finger[], width: number, span: Span) => Span} */
export function held([one, other], width, [min, max]) {
  if (!other || Math.abs(one.x - other.x) < 1) {
    const from = one.time - (one.x / width) * (max - min);
    return [from, from + (max - min)];
  }
  const perPixel = (other.time - one.time) / (other.x - one.x);
  if (!(perPixel > 0)) return [min, max];
  const from = one.time - one.x * perPixel;
  return [from, from + width * perPixel];
}
