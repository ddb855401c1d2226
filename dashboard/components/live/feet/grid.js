// Names and numbers side by side.
import { element, resize, write } from "../../common/parts.js";

// entries(reading, context) → [[label, text, dim?, title?], …]
export function grid({ caption, entries, lines = 3 }) {
  return {
    caption,
    build() {
      const list = element("dl", "grid");
      const box = element("div", "rows", list);
      box.style.setProperty("--lines", lines);
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: caption });
      return { element: box, show: (reading, context) => show(list, entries(reading, context)) };
    },
  };
}

function show(list, entries) {
  const pairs = resize(list, entries.length, () => element("div", "", element("dt", ""), element("dd", "")));
  entries.forEach(([label, text, dim = false, title = label], index) => {
    write(pairs[index].firstElementChild, label);
    write(pairs[index].lastElementChild, text);
    pairs[index].classList.toggle("dim", dim);
    if (pairs[index].title !== title) pairs[index].title = title;
  });
}
