// Names and numbers side by side.
import { element, resize, write } from "../../common/parts.js";

/** @typedef {[label: string, text: string, dim?: boolean, title?: string]} Entry */

/** @type {<R>(rows: { caption: string, entries: (reading: R, context: import("../cards.js").Context<R>) => Entry[], lines?: number }) => import("../cards.js").Foot<R>} */
export function grid({ caption, entries, lines = 3 }) {
  return {
    caption,
    build() {
      const list = element("dl", "grid");
      const box = element("div", "rows", list);
      box.style.setProperty("--lines", String(lines));
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: caption });
      return { element: box, show: (reading, context) => show(list, entries(reading, context)) };
    },
  };
}

/** @type {(list: HTMLElement, entries: Entry[]) => void} */
function show(list, entries) {
  const pairs = resize(list, entries.length, () => element("div", "", element("dt", ""), element("dd", "")));
  entries.forEach(([label, text, dim = false, title = label], index) => {
    write(pairs[index].firstElementChild, label);
    write(pairs[index].lastElementChild, text);
    pairs[index].classList.toggle("dim", dim);
    if (pairs[index].title !== title) pairs[index].title = title;
  });
}
