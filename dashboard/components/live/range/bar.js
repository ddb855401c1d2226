// The choice of a range: live, until now, or from and to.
import { element } from "../../common/parts.js";
import { fromInput, toInput } from "../../common/times.js";
import { CUSTOM, LIVE, RANGES } from "./view.js";

/** @typedef {import("./view.js").Period} Period */
/** @typedef {import("../../common/times.js").Span} Span */

export class Bar {
  #parts;
  #choose;

  /** @param {import("../../common/parts.js").Parts} parts @param {(period: Period) => void} choose @param {() => Span} shown what a range of one's own begins with @param {AbortSignal} signal */
  constructor(parts, choose, shown, signal) {
    this.#parts = parts;
    this.#choose = choose;
    const choices = [[LIVE, "Live"], ...[...RANGES].map(([name, { label }]) => [name, label]), [CUSTOM, "Custom"]];
    parts.get("ranges").append(...choices.map(([value, label]) => {
      const button = Object.assign(element("button", "", label), { type: "button", value });
      button.addEventListener("click", () => this.#pick(value, shown()));
      return button;
    }));
    for (const part of ["from", "to"]) parts.get(part).addEventListener("change", () => this.#typed(), { signal });
  }

  /** @type {(period: Period, isZoomed: boolean) => void} */
  show({ range, from, to }, isZoomed) {
    for (const button of this.#parts.get("ranges").children) button.ariaPressed = String(button.value === range);
    this.#parts.get("times").hidden = range !== CUSTOM;
    this.#parts.get("zoomed").hidden = !isZoomed;
    for (const [part, time] of Object.entries({ from, to })) {
      const input = this.#parts.get(part);
      // Not while it is being typed into: each digit is a change.
      if (time !== null && fromInput(input.value) !== Math.floor(time / 1000) * 1000) input.value = toInput(time);
    }
  }

  /** @type {(range: string, shown: Span) => void} */
  #pick(range, [from, to]) {
    this.#choose(range === CUSTOM ? { range, from, to } : { range, from: null, to: null });
  }

  #typed() {
    const [from, to] = ["from", "to"].map((part) => fromInput(this.#parts.get(part).value));
    if (from !== null && to !== null) this.#choose({ range: CUSTOM, from, to });
  }
}
