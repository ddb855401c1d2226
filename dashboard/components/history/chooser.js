// The form: what to draw, over which time, and beside what.
import { element } from "../common/parts.js";
import { fromInput, toInput } from "../common/times.js";
import { Pick } from "./pick.js";
import { CUSTOM, RANGES, shift } from "./view.js";

/** @typedef {import("./view.js").Whole} Whole */
/** @typedef {import("./view.js").Span} Span */
/** @typedef {(view: Whole, names: string[]) => void} Changed with a view complete but for names that no longer fit, and what changed */

const OTHER = "other";

export class Chooser {
  #parts;
  #changed;
  /** @type {any} a Whole, once it is shown */
  #view;
  /** @type {Span} */
  #span = [0, 0];
  #picks;

  /** @param {import("../common/parts.js").Parts} parts @param {Changed} changed @param {AbortSignal} signal */
  constructor(parts, changed, signal) {
    this.#parts = parts;
    this.#changed = changed;
    const pick = (/** @type {string} */ name) => new Pick(parts.get(name), (names) => this.#choose({ [name]: names }));
    this.#picks = [pick("fields"), pick("hosts"), pick("parts")];
    this.#makeRanges();
    const on = (/** @type {string} */ part, /** @type {(event: any) => void} */ act) => parts.get(part).addEventListener("change", act, { signal });
    on("metric", ({ target }) => this.#choose({ metric: target.value, of: null, fields: [], parts: [] }));
    on("of", ({ target }) => this.#choose({ of: target.value, parts: [] }));
    for (const name of ["from", "to"]) on(name, () => this.#chooseTimes());
    on("compare", ({ target }) => this.#chooseCompare(target.value));
    on("compare-from", ({ target }) => this.#choose({ compare: fromInput(target.value) ?? this.#view.compare }));
    document.addEventListener("pointerdown", (event) => this.#close(event.composedPath()), { signal });
    parts.get("fold").addEventListener("click", (/** @type {any} */ { currentTarget }) => this.#fold(currentTarget.ariaExpanded !== "true"), { signal });
  }

  // span: the stretch shown, which the custom range begins with; null when it has no length.
  /** @type {(catalogue: import("./catalogue.js").Catalogue, view: Whole, span: Span | null) => void} */
  show(catalogue, view, span) {
    this.#view = view;
    this.#span = span ?? this.#span;
    const of = catalogue.of(view);
    const metric = catalogue.metric(view.metric);
    fill(this.#parts.get("metric"), catalogue.metrics, view.metric);
    fill(this.#parts.get("of"), metric.of.map(({ tag, label }) => ({ name: tag, label })), view.of);
    this.#parts.get("of-box").hidden = metric.of.length < 2;
    const hosts = metric.hosts.map((host) => ({ name: host, label: host }));
    this.#picks[0].show("Fields", of.fields, view.fields);
    this.#picks[1].show("Hosts", hosts, view.hosts);
    this.#picks[2].show(of.label, catalogue.parts(view), view.parts);
    this.#parts.get("parts").hidden = !of.tag;
    this.#parts.text("fold-text", [metric.label, ...view.fields.map((name) => catalogue.field(view, name).label), ...view.hosts].join(" · "));
    this.#showTimes();
  }

  #showTimes() {
    const { range, compare } = this.#view;
    for (const button of this.#parts.get("ranges").children) button.setAttribute("aria-pressed", String(button.value === range));
    this.#parts.get("times").hidden = range !== CUSTOM;
    if (range === CUSTOM) {
      this.#setTime("from", this.#view.from);
      this.#setTime("to", this.#view.to);
    }
    const isOther = typeof compare === "number";
    this.#parts.get("compare").value = isOther ? OTHER : (compare ?? "");
    this.#parts.get("compare-box").hidden = !isOther;
    if (isOther) this.#setTime("compare-from", compare);
  }

  // Not while it is being typed into: each digit is a change.
  /** @type {(part: string, time: number | null) => void} */
  #setTime(part, time) {
    const input = this.#parts.get(part);
    if (time !== null && fromInput(input.value) !== Math.floor(time / 1000) * 1000) input.value = toInput(time);
  }

  #makeRanges() {
    const choices = [...[...RANGES].map(([name, { label }]) => [name, label]), [CUSTOM, "Custom"]];
    this.#parts.get("ranges").append(...choices.map(([name, label]) => {
      const button = element("button", "", label);
      Object.assign(button, { type: "button", value: name });
      button.addEventListener("click", () => this.#chooseRange(name));
      return button;
    }));
  }

  /** @param {string} range */
  #chooseRange(range) {
    if (range !== CUSTOM) return this.#choose({ range, from: null, to: null });
    this.#fold(true);
    const [from, to] = this.#span;
    this.#choose({ range, from: this.#view.from ?? from, to: this.#view.to ?? to });
  }

  #chooseTimes() {
    const [from, to] = ["from", "to"].map((part) => fromInput(this.#parts.get(part).value));
    if (from !== null && to !== null) this.#choose({ from, to });
  }

  /** @param {string} value */
  #chooseCompare(value) {
    const [start] = this.#span;
    if (value === OTHER) this.#fold(true);
    this.#choose({ compare: value === OTHER ? start - (shift("yesterday", start) ?? 0) : value || null });
  }

  /** @param {object} change of a view */
  #choose(change) {
    this.#changed({ ...this.#view, ...change }, Object.keys(change));
  }

  /** @param {EventTarget[]} path */
  #close(path) {
    for (const pick of this.#picks) pick.closeUnless(path);
  }

  // On a phone the form is folded away.
  /** @param {boolean} open */
  #fold(open) {
    const button = this.#parts.get("fold");
    button.setAttribute("aria-expanded", String(open));
    this.#parts.get("chooser").classList.toggle("open", open);
  }
}

/** @type {(select: HTMLSelectElement, options: { name: string, label: string }[], chosen: string) => void} */
function fill(select, options, chosen) {
  const made = options.map(({ name, label }) => new Option(label, name));
  const isSame = made.length === select.options.length && made.every((one, place) => one.value === select.options[place].value && one.text === select.options[place].text);
  if (!isSame) select.replaceChildren(...made);
  select.value = chosen;
}
