// One host or device as a row of the table.
import { element } from "../common/parts.js";
import { liveLink, set, showState, sign } from "./card.js";

/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./order.js").Thing} Thing */

export class HostRow {
  #thing;
  #cells;

  /** @param {Thing} thing @param {Column[]} columns */
  constructor(thing, columns) {
    this.#thing = thing;
    this.#cells = columns.map((column) => cell(column, thing));
    this.root = element("tr", "", ...this.#cells.map(({ root }) => root));
    this.root.dataset.host = thing.name;
    this.root.dataset.testid = "host-row";
  }

  tick() {
    this.draw();
  }

  draw() {
    const over = "over" in this.#thing ? /** @type {Set<string>} */ (this.#thing.over) : null;
    for (const { column, root, place } of this.#cells) {
      if (column.name === "name") continue;
      if (column.name === "status") set(place, "title", showState(this.root, place, this.#thing));
      else set(place, "textContent", column.text(this.#thing));
      root.classList.toggle("over", over?.has(column.name) ?? false);
    }
  }
}

/** @type {(column: Column, thing: Thing) => { column: Column, root: HTMLElement, place: HTMLElement }} */
function cell(column, thing) {
  if (column.name !== "name") {
    const root = element("td", column.isNumber ? "number" : column.name === "status" ? "words" : "");
    return { column, root, place: root };
  }
  const named = thing.kind === "machine" ? [sign(), liveLink(thing.name)] : [thing.name];
  const root = element("th", "", element("div", "first", ...named));
  root.scope = "row";
  root.title = thing.name;
  return { column, root, place: root };
}
