// A whole and its shares: one bar, and what each part of it is.
import { element, write } from "../../common/parts.js";

/**
 * @template R
 * @typedef {{ label: string, color: string, take(reading: R): number | null | undefined }} Share a part of the `whole`
 */

/** @type {<R>(bar: { caption: string, shares: Share<R>[], whole: (reading: R) => number | null | undefined, format: (value: unknown) => string }) => import("../cards.js").Foot<R>} */
export function shares({ caption, shares: parts, whole, format }) {
  return {
    caption,
    build() {
      const bars = parts.map(({ color }) => dyed(color));
      const figures = parts.map(() => element("b", "", "–"));
      const legend = parts.map(({ label, color }, index) => element("li", "", dyed(color), label, " ", figures[index]));
      const bar = element("div", "bar", ...bars);
      bar.ariaHidden = "true";
      const show = (/** @type {any} */ reading) => parts.forEach(({ take }, index) => {
        const [value, all] = [take(reading), whole(reading)];
        bars[index].style.width = `${all ? ((value ?? 0) / all) * 100 : 0}%`;
        write(figures[index], format(value));
      });
      return { element: element("div", "", bar, element("ul", "shares", ...legend)), show };
    },
  };
}

/** @type {(color: string) => HTMLElement} */
function dyed(color) {
  const made = element("i", "");
  made.style.background = `var(--pw-${color})`;
  return made;
}
