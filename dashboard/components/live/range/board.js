// The cards of one host over a range: those that the history has something of, in the order of the live ones.
import { lengthText, zoneText } from "../../common/times.js";
import { write } from "../../common/parts.js";
import { CARDS } from "../cards.js";
import { generic } from "../cards/generic.js";
import { needs, resolved } from "../views.js";
import { RangeCard } from "./card.js";
import { inHistory } from "./view.js";

/** @typedef {import("../../common/times.js").Span} Span */
/** @typedef {import("../../common/readings.js").HostInfo | null} Info */
/** @typedef {import("../cards.js").Card<any>} Card */
/** @typedef {import("./answer.js").Found} Found */

export class RangeBoard {
  #box;
  #caption;
  #zoomed;
  #host = "";
  /** @type {Map<string, RangeCard>} */
  #shown = new Map();
  /** @type {Map<string, any>} the newest reading of each metric */
  #newest = new Map();

  /** @param {HTMLElement} box @param {HTMLElement} caption @param {(range: Span | null) => void} zoomed */
  constructor(box, caption, zoomed) {
    this.#box = box;
    this.#caption = caption;
    this.#zoomed = zoomed;
  }

  /** @param {string} host */
  begin(host) {
    this.clear();
    this.#newest.clear();
    this.#host = host;
  }

  // What the history is asked for: `cpu.user`, `sensors.sensor.celsius`.
  get needs() {
    return this.#cards.flatMap((card) => names(card, this.#newest.get(card.metric)).map((name) => `${card.metric}.${name}`));
  }

  /** @type {(data: Record<string, any>, info: Info, isNow: boolean) => void} */
  receive(data, info, isNow) {
    for (const [metric, reading] of Object.entries(data)) {
      this.#newest.set(metric, reading);
      if (isNow) this.#shown.get(metric)?.receive(reading, { info, past: null });
    }
  }

  /** @type {(metrics: Map<string, Found>, span: Span, interval: number, range: string) => void} */
  draw(metrics, span, interval, range) {
    for (const metric of this.#shown.keys()) if (!metrics.has(metric)) this.#remove(metric);
    for (const card of this.#cards) {
      const found = metrics.get(card.metric);
      const [view] = found ? views(card, found, this.#newest.get(card.metric)) : [];
      if (found && view) this.#place(card).draw(found, view, span, interval, inHistory(range, span));
    }
    write(this.#caption, `Means over ${lengthText(interval)}, in a band from minimum to maximum. Times in ${zoneText(span)}.`);
  }

  /** @param {Span} span */
  look(span) {
    for (const card of this.#shown.values()) card.look(span);
  }

  clear() {
    for (const metric of this.#shown.keys()) this.#remove(metric);
    write(this.#caption, "");
  }

  // Those that are known, and those for what this host publishes besides.
  get #cards() {
    const known = CARDS.map(({ metric }) => metric);
    const others = [...this.#newest.keys()].filter((metric) => !known.includes(metric)).sort();
    return [...CARDS, ...others.map(generic)];
  }

  /** @type {(card: Card) => RangeCard} */
  #place(card) {
    const made = this.#shown.get(card.metric) ?? new RangeCard(card, { host: this.#host, onZoom: this.#zoomed });
    if (!this.#shown.has(card.metric)) {
      this.#shown.set(card.metric, made);
      const reading = this.#newest.get(card.metric);
      if (reading) made.receive(reading, { info: null, past: null });
    }
    this.#box.append(made.element);
    return made;
  }

  /** @param {string} metric */
  #remove(metric) {
    this.#shown.get(metric)?.destroy();
    this.#shown.delete(metric);
  }
}

/** @type {(card: Card, reading: any) => string[]} */
function names({ past, views: choice = [] }, reading) {
  if (past) return past.fields;
  const found = typeof choice === "function" && !reading ? [] : resolved(choice, reading);
  return found.flatMap(needs);
}

/** @type {(card: Card, found: Found, reading: any) => import("../cards.js").View<any>[]} */
function views({ past, views: choice = [] }, found, reading) {
  if (past) return past.views(found);
  return typeof choice === "function" && !reading ? [] : resolved(choice, reading);
}
