// A whole and its shares: one bar, and what each part of it is.
import { element, write } from "../../common/parts.js";

// shares: [{label, color, take(reading)}]; whole(reading) → what they are shares of
export function shares({ caption, shares: parts, whole, format }) {
  return {
    caption,
    build() {
      const bars = parts.map(({ color }) => dyed(color));
      const figures = parts.map(() => element("b", "", "–"));
      const legend = parts.map(({ label, color }, index) => element("li", "", dyed(color), label, " ", figures[index]));
      const bar = element("div", "bar", ...bars);
      bar.ariaHidden = "true";
      const show = (reading) => parts.forEach(({ take }, index) => {
        const [value, all] = [take(reading), whole(reading)];
        bars[index].style.width = `${all ? ((value ?? 0) / all) * 100 : 0}%`;
        write(figures[index], format(value));
      });
      return { element: element("div", "", bar, element("ul", "shares", ...legend)), show };
    },
  };
}

function dyed(color) {
  const made = element("i", "");
  made.style.background = `var(--pw-${color})`;
  return made;
}
