// The cards of one host over a range: those that the history has something of, in the order of the live ones.
import { lengthText, zoneText } from "../../common/times.js";
import { write } from "../../common/parts.js";
import { CARDS, byPlace, cardsOf, keyOf } from "../cards.js";
import { remembered } from "../cards/generic.js";
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
  #isDevice = false;
  /** @type {Map<string, RangeCard>} by the cards' keys */
  #shown = new Map();
  /** @type {Map<string, any>} the newest reading of each metric */
  #newest = new Map();

  /** @param {HTMLElement} box @param {HTMLElement} caption @param {(range: Span | null) => void} zoomed */
  constructor(box, caption, zoomed) {
    this.#box = box;
    this.#caption = caption;
    this.#zoomed = zoomed;
  }

  /** @type {(host: string, isDevice: boolean) => void} */
  begin(host, isDevice) {
    this.clear();
    this.#isDevice = isDevice;
    this.#newest.clear();
    this.#host = host;
  }

  // What the history is asked for: `cpu.user`, `sensors.sensor.celsius`. Of a device, which has its own: all.
  get needs() {
    return this.#isDevice ? [] : this.#cards.flatMap((card) => names(card, this.#newest.get(card.metric)).map((name) => `${card.metric}.${name}`));
  }

  /** @type {(data: Record<string, any>, info: Info, isNow: boolean) => void} */
  receive(data, info, isNow) {
    for (const [metric, reading] of Object.entries(data)) {
      this.#newest.set(metric, reading);
      for (const card of isNow ? this.#shown.values() : []) if (card.metric === metric) card.receive(reading, { info, past: null });
    }
  }

  /** @type {(metrics: Map<string, Found>, span: Span, interval: number, range: string) => void} */
  draw(metrics, span, interval, range) {
    const now = this.#cards;
    const cards = [...now, ...this.#remembered(metrics, new Set(now.map(keyOf)))].filter(({ metric }) => metrics.has(metric)).sort(byPlace);
    const drawn = new Set();
    for (const card of cards) {
      const found = /** @type {Found} */ (metrics.get(card.metric));
      const [view] = views(card, found, this.#newest.get(card.metric));
      if (!view || (this.#isDevice && !needs(view).some((name) => found.has(name)))) continue;
      this.#place(card).draw(found, view, span, interval, inHistory(range, span));
      drawn.add(keyOf(card));
    }
    for (const key of this.#shown.keys()) if (!drawn.has(key)) this.#remove(key);
    write(this.#caption, `Means over ${lengthText(interval)}, in a band from minimum to maximum. Times in ${zoneText(span)}.`);
  }

  /** @param {Span} span */
  look(span) {
    for (const card of this.#shown.values()) card.look(span);
  }

  clear() {
    for (const key of this.#shown.keys()) this.#remove(key);
    write(this.#caption, "");
  }

  // Those that are known, and those for what this host publishes besides.
  get #cards() {
    const known = CARDS.map(({ metric }) => metric);
    const others = [...this.#newest].filter(([metric]) => !known.includes(metric));
    return [...CARDS, ...others.flatMap(([metric, reading]) => cardsOf(metric, reading))];
  }

  // What a device published then, and does not any more.
  /** @type {(metrics: Map<string, Found>, shown: Set<string>) => Card[]} */
  #remembered(metrics, shown) {
    const own = [...metrics].filter(([metric]) => this.#isDevice && !CARDS.some((card) => card.metric === metric));
    return own.flatMap(([metric, found]) => remembered(metric, found.fields(), this.#newest.get(metric) ?? {})).filter((card) => !shown.has(keyOf(card)));
  }

  /** @type {(card: Card) => RangeCard} */
  #place(card) {
    const key = keyOf(card);
    const made = this.#shown.get(key) ?? new RangeCard(card, { host: this.#host, onZoom: this.#zoomed });
    if (!this.#shown.has(key)) {
      this.#shown.set(key, made);
      const reading = this.#newest.get(card.metric);
      if (reading) made.receive(reading, { info: null, past: null });
    }
    this.#box.append(made.element);
    return made;
  }

  /** @param {string} key */
  #remove(key) {
    this.#shown.get(key)?.destroy();
    this.#shown.delete(key);
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
