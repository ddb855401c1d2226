// What is shown and how: in the controls, and in the address to be sent on.
import { element, resize } from "../common/parts.js";
import { columnsFor } from "./columns.js";

/** @typedef {import("./columns.js").Column} Column */

const REVERSED = "-"; // before the name of a column: the other way round
/** @type {Record<string, string>} of controls of one value */
const DEFAULTS = { q: "", show: "all", view: "cards", group: "" };

export class Choices {
  #form;
  #changed;
  /** @type {Column[]} */
  #all = columnsFor([]);
  #tags = "";
  #sort;
  #isReversed;
  /** @type {string[]} none: those that are shown by default */
  #chosen;
  /** @type {Set<string>} the groups of which the head is shown only */
  closed;

  // `changed` is called after each change.
  /** @param {any} form @param {() => void} changed @param {AbortSignal} signal */
  constructor(form, changed, signal) {
    this.#form = form;
    this.#changed = changed;
    const given = new URLSearchParams(location.search);
    const sort = given.get("sort") ?? "";
    this.#isReversed = sort.startsWith(REVERSED);
    this.#sort = sort.replace(REVERSED, "");
    this.#chosen = (given.get("columns") ?? "").split(",").filter(Boolean);
    this.closed = new Set(given.getAll("closed"));
    if (given.get("group")) this.#offer(form.elements.group, given.get("group") ?? "");
    for (const [name, otherwise] of Object.entries(DEFAULTS)) this.#set(name, given.get(name) ?? otherwise);
    this.offer([]);
    form.addEventListener("input", (/** @type {Event} */ event) => this.#heard(/** @type {any} */ (event.target)), { signal });
    form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault(), { signal });
  }

  get text() {
    return this.#form.elements.q.value;
  }

  get show() {
    return this.#form.elements.show.value || DEFAULTS.show;
  }

  get isTable() {
    return this.#form.elements.view.value === "table";
  }

  get group() {
    return this.#form.elements.group.value;
  }

  // Groups are for finding what is wrong: the worst comes first in them until somebody says otherwise.
  /** @returns {import("./order.js").Sort} */
  get sort() {
    const name = this.#sort || (this.group ? "status" : "name");
    const column = this.#all.find((one) => one.name === name) ?? this.#all[0];
    return { column, isReversed: this.#isReversed };
  }

  // The columns of the table; the first is always there.
  get columns() {
    const shown = this.#chosen.length ? ({ name = "" }) => this.#chosen.includes(name) : ({ isDefault = false }) => isDefault;
    return this.#all.filter((column) => column.name === "name" || shown(column));
  }

  // The names of what is shown or sorted by and is sent only when it is asked for.
  get asked() {
    const shown = [...(this.isTable ? this.columns : []), this.sort.column];
    return [...new Set(shown.filter(({ isAsked }) => isAsked).map(({ name }) => name))].sort();
  }

  /** @param {Column} column */
  sortBy({ name }) {
    this.#isReversed = this.sort.column.name === name && !this.#isReversed;
    this.#sort = name;
    this.#done();
  }

  /** @param {string} key */
  toggle(key) {
    if (!this.closed.delete(key)) this.closed.add(key);
    this.#done();
  }

  // The tags that hosts have: each is a column, and something to group by.
  /** @param {string[]} tags */
  offer(tags) {
    if (this.#tags === tags.join() && this.#form.elements.sort.options.length) return;
    this.#tags = tags.join();
    this.#all = columnsFor(tags);
    const { group, sort } = this.#form.elements;
    const was = group.value;
    fill(group, [["", "Nothing"], ...tags.map((tag) => [tag, tag])]);
    this.#offer(group, was);
    fill(sort, this.#all.map(({ name, label }) => [name, label]));
    const menu = this.#form.querySelector(".columns");
    resize(menu, 0, () => element("label", ""));
    for (const { name, label } of this.#all.slice(1)) {
      const box = element("input", "");
      box.type = "checkbox";
      box.name = "column";
      box.value = name;
      menu.append(element("label", "", box, label));
    }
    this.#show();
  }

  /** @param {any} control */
  #heard({ name, value }) {
    if (name === "sort") {
      this.#sort = value;
      this.#isReversed = false;
    } else if (name === "column") {
      this.#chosen = [...this.#form.querySelectorAll('[name="column"]:checked')].map((box) => box.value);
    }
    this.#done();
  }

  #done() {
    this.#show();
    this.#remember();
    this.#changed();
  }

  #show() {
    this.#form.elements.sort.value = this.sort.column.name;
    const shown = new Set(this.columns.map(({ name }) => name));
    for (const box of this.#form.querySelectorAll('[name="column"]')) box.checked = shown.has(box.value);
  }

  // A choice of the address that no host has yet.
  /** @type {(select: HTMLSelectElement, value: string) => void} */
  #offer(select, value) {
    if (![...select.options].some((one) => one.value === value)) select.append(new Option(value, value));
    select.value = value;
  }

  // A name that is no option is passed over.
  /** @type {(name: string, value: string) => void} */
  #set(name, value) {
    const control = this.#form.elements[name];
    control.value = value;
    if (control.value === "" && value !== "") control.value = DEFAULTS[name];
  }

  #remember() {
    const url = new URL(location.href);
    const columns = this.#chosen.join();
    const said = { ...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, this.#form.elements[name].value])), sort: this.#sort && `${this.#isReversed ? REVERSED : ""}${this.#sort}`, columns };
    for (const [name, value] of Object.entries(said)) {
      if (value === (DEFAULTS[name] ?? "")) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    url.searchParams.delete("closed");
    for (const key of this.closed) url.searchParams.append("closed", key);
    history.replaceState(history.state, "", url);
  }
}

/** @type {(select: HTMLSelectElement, options: string[][]) => void} */
function fill(select, options) {
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
}
