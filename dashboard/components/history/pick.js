// A list of things to choose from, folded behind what is chosen: a filter for long ones, boxes to tick.
import { element } from "../common/parts.js";

/** @typedef {{ name: string, label: string }} Option */

const MANY = 8;

export class Pick {
  #box;
  #label = "";
  #changed;
  /** @type {string[]} */
  #chosen = [];
  /** @type {Option[]} */
  #options = [];
  #summary;
  #filter;
  #list;

  // `box` is empty; `changed` is called after each choice.
  /** @param {HTMLDetailsElement} box @param {(names: string[]) => void} changed */
  constructor(box, changed) {
    this.#box = box;
    this.#changed = changed;
    this.#summary = element("summary", "");
    this.#filter = element("input", "filter");
    this.#filter.type = "search";
    this.#filter.addEventListener("input", () => this.#drawList());
    this.#list = element("ul", "options");
    const buttons = element("p", "both", this.#button("All", () => this.#visible()), this.#button("None", () => []));
    box.append(this.#summary, element("div", "panel", this.#filter, this.#list, buttons));
    box.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    box.addEventListener("focusout", (event) => event.relatedTarget && !box.contains(/** @type {Node} */ (event.relatedTarget)) && (box.open = false));
  }

  /** @type {(label: string, options: Option[], chosen: string[]) => void} */
  show(label, options, chosen) {
    const isSame = JSON.stringify(options) === JSON.stringify(this.#options);
    this.#label = label;
    this.#options = options;
    this.#chosen = chosen;
    this.#filter.hidden = options.length <= MANY;
    this.#filter.ariaLabel = this.#filter.placeholder = `Find in ${options.length}`;
    this.#drawSummary();
    if (isSame) this.#check();
    else this.#drawList();
  }

  /** @param {EventTarget[]} path */
  closeUnless(path) {
    if (this.#box.open && !path.includes(this.#box)) this.#box.open = false;
  }

  #close() {
    this.#box.open = false;
    this.#summary.focus();
  }

  /** @type {(label: string, names: () => string[]) => HTMLElement} */
  #button(label, names) {
    const made = element("button", "", label);
    made.type = "button";
    made.addEventListener("click", () => this.#choose(names()));
    return made;
  }

  #visible() {
    const wanted = this.#filter.hidden ? "" : this.#filter.value.trim().toLowerCase();
    return this.#options.filter(({ label }) => label.toLowerCase().includes(wanted)).map(({ name }) => name);
  }

  /** @param {string[]} names */
  #choose(names) {
    this.#chosen = names;
    this.#drawSummary();
    this.#check();
    this.#changed(names);
  }

  #check() {
    for (const box of this.#list.querySelectorAll("input")) box.checked = this.#chosen.includes(box.value);
  }

  #drawSummary() {
    const labels = this.#options.filter(({ name }) => this.#chosen.includes(name)).map(({ label }) => label);
    const text = labels.length > 3 ? `${labels.length} of ${this.#options.length}` : labels.join(" + ") || "none";
    this.#summary.replaceChildren(element("small", "", this.#label), element("span", "", text));
  }

  #drawList() {
    const visible = new Set(this.#visible());
    const rows = this.#options.filter(({ name }) => visible.has(name)).map((option) => this.#row(option));
    this.#list.replaceChildren(...(rows.length ? rows : [element("li", "nothing", "Nothing is called so.")]));
  }

  /** @param {Option} option */
  #row({ name, label }) {
    const box = element("input", "");
    Object.assign(box, { type: "checkbox", value: name, checked: this.#chosen.includes(name) });
    box.addEventListener("change", () => {
      const chosen = new Set(this.#chosen);
      if (box.checked) chosen.add(name);
      else chosen.delete(name);
      this.#choose(this.#options.map((option) => option.name).filter((one) => chosen.has(one)));
    });
    return element("li", "", element("label", "", box, label));
  }
}
