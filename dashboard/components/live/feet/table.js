// Parts of a reading as rows. Rows and cells stay; only what they say changes.
import { historyPath } from "../../common/links.js";
import { element, resize, write } from "../../common/parts.js";

/**
 * @template P a part of a reading
 * @typedef {object} Column
 * @property {string} label
 * @property {(part: P, name: string) => string} text
 * @property {string} [title]
 * @property {(part: P) => number | null | undefined} [meter] in percent
 * @property {(part: P) => string} [tone] a class
 */
/** @typedef {{ metric: string, of: string, fields: string[] }} Link a row's history */
/**
 * @template R, P
 * @typedef {object} Table
 * @property {string} caption
 * @property {(reading: R) => [name: string, part: P][]} rows
 * @property {Column<P>[]} columns the first of them is the name
 * @property {number} [lines] how many are in sight
 * @property {Link} [link]
 * @property {(reading: R) => string} [empty] what is said when there are none
 */

/** @type {<R, P>(table: Table<R, P>) => import("../cards.js").Foot<R>} */
export function table({ caption, columns, rows, lines = 4, link, empty = () => "None" }) {
  return {
    caption,
    build({ host }) {
      const body = element("tbody", "");
      const none = element("p", "empty");
      const box = element("div", "rows", element("table", "", head(columns), body), none);
      box.style.setProperty("--lines", String(lines + 1));
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: caption });
      const series = link && { host, ...link };
      const show = (/** @type {any} */ reading) => {
        const found = rows(reading);
        none.hidden = found.length > 0;
        write(none, empty(reading));
        fillRows(body, found, columns, series);
      };
      return { element: box, show };
    },
  };
}

/** @type {(columns: Column<any>[]) => HTMLElement} */
function head(columns) {
  const cells = columns.map(({ label, title = "" }) => Object.assign(element("th", "", label), { scope: "col", title }));
  return element("thead", "", element("tr", "", ...cells));
}

/** @type {<P>(body: HTMLElement, rows: [string, P][], columns: Column<P>[], link: (Link & { host: string }) | undefined) => void} */
function fillRows(body, rows, columns, link) {
  const elements = resize(body, rows.length, () => element("tr", "", ...columns.map((column, index) => cell(column, index, link))));
  rows.forEach(([name, part], index) => {
    columns.forEach((column, place) => fill(elements[index].children[place], column, name, part));
    if (link) point(/** @type {HTMLAnchorElement} */ (elements[index].querySelector("a")), name, link);
  });
}

/** @type {(column: Column<any>, index: number, link: object | undefined) => HTMLElement} */
function cell({ meter }, index, link) {
  if (index === 0) return Object.assign(element("th", "", element(link ? "a" : "span", "name")), { scope: "row" });
  return meter ? element("td", "metered", element("span", "meter", element("i", "")), element("span", "")) : element("td", "");
}

/** @type {<P>(cell: any, column: Column<P>, name: string, part: P) => void} */
function fill(cell, { text, meter, tone }, name, part) {
  const said = text(part, name);
  write(meter || cell.tagName === "TH" ? cell.lastElementChild : cell, said);
  if (cell.tagName === "TH" && cell.title !== said) cell.title = said;
  if (tone) cell.dataset.tone = tone(part);
  if (meter) cell.firstElementChild.firstElementChild.style.width = `${Math.min(100, meter(part) ?? 0)}%`;
}

/** @type {(anchor: HTMLAnchorElement, name: string, link: Link & { host: string }) => void} */
function point(anchor, name, { of, ...series }) {
  if (anchor.dataset.of === name) return;
  anchor.dataset.of = name;
  anchor.href = historyPath({ ...series, of, parts: [name] });
}
