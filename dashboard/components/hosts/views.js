// The hosts as cards and as a table: two faces of one list, of which one is shown.
import { element } from "../common/parts.js";
import { Card } from "./card.js";
import { DeviceCard } from "./device.js";
import { columnHeads, groupButton } from "./heads.js";
import { HostRow } from "./row.js";
import { VirtualList } from "./virtual.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./device.js").Device} Device */
/** @typedef {import("./order.js").Group<Machine | Device>} Group */
/** @typedef {{ parts: import("../common/parts.js").Parts, choices: import("./choices.js").Choices, off: () => ((alert: import("../common/alerting.js").Alert) => void) | null, placed: (things: (Machine | Device)[]) => void }} Given */

export class Views {
  #parts;
  #choices;
  #cards;
  #rows;
  #heads = "";

  // `off` gives what switches a rule off, and `placed` is told which cards came into sight.
  /** @param {Given} given @param {AbortSignal} signal */
  constructor({ parts, choices, off, placed }, signal) {
    this.#parts = parts;
    this.#choices = choices;
    const button = (/** @type {Group} */ group) => groupButton(group, !choices.closed.has(group.key), () => choices.toggle(group.key));
    this.#cards = new VirtualList(parts.get("hosts"), {
      make: (/** @type {Machine | Device} */ thing) => (thing.kind === "device" ? new DeviceCard(thing) : new Card(thing, off)),
      head: (group) => element("li", "head", element("h2", "", button(group))),
      spacer: () => hidden(element("li", "spacer")),
      number: (root, place, count) => Object.assign(root, { ariaPosInSet: String(place), ariaSetSize: String(count) }),
      placed,
    }, signal);
    this.#rows = new VirtualList(parts.get("rows"), {
      make: (/** @type {Machine | Device} */ thing) => new HostRow(thing, choices.columns),
      head: (group) => element("tr", "head", headCell(button(group), choices.columns.length)),
      spacer: () => hidden(element("tr", "spacer")),
      number: (root, place) => (root.ariaRowIndex = String(place + 1)), // the first is the head
    }, signal);
    parts.get("rows").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => step(event), { signal });
  }

  get isInUse() {
    return this.#cards.isInUse || this.#rows.isInUse;
  }

  /** @param {Group[]} groups */
  show(groups) {
    const { isTable, closed } = this.#choices;
    this.#parts.get("hosts").hidden = isTable;
    this.#parts.get("sheet").hidden = !isTable;
    if (isTable) this.#showHeads(groups.reduce((total, { things }) => total + things.length, 1));
    this.#cards.show(isTable ? [] : groups, closed);
    this.#rows.show(isTable ? groups : [], closed);
  }

  /** @param {Machine | Device} thing */
  change(thing) {
    this.#cards.change(thing);
    this.#rows.change(thing);
  }

  tick() {
    this.#cards.tick();
    this.#rows.tick();
  }

  destroy() {
    this.#cards.destroy();
    this.#rows.destroy();
  }

  /** @param {number} count of all rows */
  #showHeads(count) {
    const { columns, sort } = this.#choices;
    const table = this.#parts.get("table");
    table.ariaRowCount = String(count);
    const heads = JSON.stringify([columns.map(({ name }) => name), sort.column.name, sort.isReversed]);
    if (heads === this.#heads) return;
    this.#heads = heads;
    this.#rows.clear();
    columnHeads(table, columns, sort, (column) => this.#choices.sortBy(column));
  }
}

/** @type {(button: HTMLElement, columns: number) => HTMLElement} */
function headCell(button, columns) {
  const cell = element("th", "", button);
  cell.scope = "rowgroup";
  cell.colSpan = columns;
  return cell;
}

/** @type {(spacer: HTMLElement) => HTMLElement} */
function hidden(spacer) {
  spacer.ariaHidden = "true";
  return spacer;
}

// From the name of one host to that above or below.
/** @param {KeyboardEvent} event */
function step(event) {
  const way = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  let row = /** @type {any} */ (event.target).closest("tr");
  do row = way && row?.[way];
  while (row && !row.querySelector("a, button"));
  if (!row) return;
  event.preventDefault();
  row.querySelector("a, button").focus();
}
