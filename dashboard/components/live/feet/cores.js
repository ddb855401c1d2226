// What each core does now: bars with numbers for a few, a strip of cells for many.
import { joined, mean, percent } from "../../common/format.js";
import { element, resize, write } from "../../common/parts.js";

const FEW = 8;

/** @type {<R>(strip: { caption: string, take: (reading: R) => (number | null)[] }) => import("../cards.js").Foot<R>} */
export function cores({ caption, take }) {
  return {
    caption,
    build() {
      const strip = element("div", "cores");
      strip.dataset.testid = "cpu-cores";
      strip.role = "img";
      return { element: strip, show: (reading) => show(strip, take(reading)) };
    },
  };
}

/** @type {(strip: HTMLElement, usages: (number | null)[]) => void} */
function show(strip, usages) {
  const few = usages.length <= FEW;
  strip.classList.toggle("few", few);
  const cells = resize(strip, usages.length, (index) => cell(index, few));
  usages.forEach((usage, index) => {
    const text = joined(percent(usage));
    cells[index].style.setProperty("--heat", String((usage ?? 0) / 100));
    if (few) write(cells[index].lastElementChild, text);
    else cells[index].dataset.tip = `Core ${index}: ${text}`;
  });
  strip.ariaLabel = described(usages);
}

/** @type {(index: number, few: boolean) => HTMLElement} */
function cell(index, few) {
  return few ? element("span", "core", element("b", "", String(index)), element("i", ""), element("em", "")) : element("span", "core");
}

/** @type {(usages: (number | null)[]) => string} */
function described(usages) {
  const known = usages.filter((usage) => usage !== null);
  if (!known.length) return "Usage of the cores is not known";
  const top = usages.indexOf(Math.max(...known));
  return `${usages.length} cores, ${joined(percent(mean(usages)))} on average, core ${top} the busiest at ${joined(percent(usages[top]))}`;
}
