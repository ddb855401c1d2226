// Parts of a reading as rows. Rows and cells stay; only what they say changes.
import { historyPath } from "../../common/links.js";
import { element, resize, write } from "../../common/parts.js";

// columns: [{label, text(part, name), title?, meter?(part) → percent, tone?(part) → class}], the first of them the name.
// rows(reading) → [[name, part], …]; lines: how many are in sight; link: {metric, of, fields} of a row's history;
// empty(reading) → what is said when there are none.
export function table({ caption, columns, rows, lines = 4, link, empty = () => "None" }) {
  return {
    caption,
    build({ host }) {
      const body = element("tbody", "");
      const none = element("p", "empty");
      const box = element("div", "rows", element("table", "", head(columns), body), none);
      box.style.setProperty("--lines", lines + 1);
      Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: caption });
      const series = link && { host, ...link };
      const show = (reading) => {
        const found = rows(reading);
        none.hidden = found.length > 0;
        write(none, empty(reading));
        fillRows(body, found, columns, series);
      };
      return { element: box, show };
    },
  };
}

function head(columns) {
  const cells = columns.map(({ label, title = "" }) => Object.assign(element("th", "", label), { scope: "col", title }));
  return element("thead", "", element("tr", "", ...cells));
}

function fillRows(body, rows, columns, link) {
  const elements = resize(body, rows.length, () => element("tr", "", ...columns.map((column, index) => cell(column, index, link))));
  rows.forEach(([name, part], index) => {
    columns.forEach((column, place) => fill(elements[index].children[place], column, name, part));
    if (link) point(elements[index].querySelector("a"), name, link);
  });
}

function cell({ meter }, index, link) {
  if (index === 0) return Object.assign(element("th", "", element(link ? "a" : "span", "name")), { scope: "row" });
  return meter ? element("td", "metered", element("span", "meter", element("i", "")), element("span", "")) : element("td", "");
}

function fill(cell, { text, meter, tone }, name, part) {
  const said = text(part, name);
  write(meter || cell.tagName === "TH" ? cell.lastElementChild : cell, said);
  if (cell.tagName === "TH" && cell.title !== said) cell.title = said;
  if (tone) cell.dataset.tone = tone(part);
  if (meter) cell.firstElementChild.firstElementChild.style.width = `${Math.min(100, meter(part) ?? 0)}%`;
}

function point(anchor, name, { of, ...series }) {
  if (anchor.dataset.of === name) return;
  anchor.dataset.of = name;
  anchor.href = historyPath({ ...series, of, parts: [name] });
}
