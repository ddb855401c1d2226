// The cards of one host: those that it has readings for, in a fixed order, read across at one time.
import { timeOfDay } from "../common/format.js";
import { metricName } from "../common/metrics.js";
import { WINDOW_MS } from "../common/timeline.js";
import { element, write } from "../common/parts.js";
import { CARDS, byPlace, cardsOf, keyOf } from "./cards.js";
import { Panel } from "./panel.js";

/** @typedef {import("../common/chart.js").Range} Range */
/** @typedef {import("../common/readings.js").HostInfo | null} Info */
/** @typedef {{ zoomed(range: Range | null): void, failed(sentence: string): void }} Events */

const LATE_STEPS = 3;

export class Board {
  #cards;
  #missing;
  #events;
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  #host = "";
  /** @type {Info} */
  #info = null;
  /** @type {{ timestamp: string, time: number } | null} */
  #latest = null;
  /** @type {import("../common/notes.js").Heard} */
  #heard = { rules: [], told: [] };
  #paused = false;
  /** @type {Range | null} */
  #range = null;
  #interval = 5000;
  #ending = new AbortController();
  #sight = new IntersectionObserver((seen) => this.#seen(seen), { rootMargin: "200px" });

  /** @param {HTMLElement} cards @param {HTMLElement} missing @param {Events} events */
  constructor(cards, missing, events) {
    this.#cards = cards;
    this.#missing = missing;
    this.#events = events;
  }

  /** @type {number | null} the time of the reading shown, in ms since 1970; null before the first */
  shown = null;

  // The usual time between two readings of the slowest metric, in ms: some devices say no interval.
  get step() {
    return Math.max(this.#interval, ...[...this.#panels.values()].map((panel) => panel.step));
  }

  // Begin with another host, of which nothing is shown yet.
  /** @param {string | null} host */
  begin(host) {
    this.#clear();
    this.#host = host ?? "";
    this.#cards.dataset.state = "loading";
    this.zoom(null);
  }

  // What the host says of itself: cards for what it reads, before there is a reading.
  /** @type {(info: Info, interval: number) => void} */
  know(info, interval) {
    this.#info = info;
    this.#interval = interval * 1000;
    for (const panel of this.#panels.values()) panel.interval = this.#interval;
    for (const [metric, reason] of Object.entries(info?.sources ?? {})) {
      const card = CARDS.find((one) => one.metric === metric);
      if (card && (reason === null || isExpected(card, reason))) this.#panel(card);
    }
    this.#explain();
  }

  // Message in, frame out: everything that the message changes is changed before this returns.
  /** @param {import("../common/connection.js").Metrics} message */
  receive({ timestamp, data }) {
    const time = Date.parse(timestamp);
    for (const [metric, reading] of Object.entries(data)) {
      for (const card of cardsOf(metric, reading)) this.#give(this.#panel(card), time, reading);
    }
    this.#latest = { timestamp, time };
    this.#unzoomWhatIsPast(time);
    if (!this.#paused) this.#show();
  }

  /** @type {(panel: Panel, time: number, reading: any) => void} */
  #give(panel, time, reading) {
    const isFirst = panel.time === null;
    panel.receive(time, reading);
    if (isFirst && panel.visible) panel.fill(this.#edge);
  }

  // What rules say of this host.
  /** @param {import("../common/notes.js").Heard} heard */
  note(heard) {
    this.#heard = heard;
    for (const panel of this.#panels.values()) panel.note(heard);
  }

  // After a reconnection: history has what was missed.
  refill() {
    for (const panel of this.#panels.values()) if (panel.time !== null) panel.fill(this.#edge);
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.#paused = paused;
    if (!paused) this.#show();
  }

  /** @param {Range | null} range */
  zoom(range) {
    this.#range = range;
    for (const panel of this.#panels.values()) panel.zoom(range, this.#edge());
    this.#events.zoomed(range);
  }

  destroy() {
    this.#clear();
    this.#sight.disconnect();
  }

  #clear() {
    this.#ending.abort();
    this.#ending = new AbortController();
    for (const panel of this.#panels.values()) panel.destroy();
    this.#panels.clear();
    this.#latest = this.shown = this.#info = null;
    this.#heard = { rules: [], told: [] };
    this.#missing.hidden = true;
  }

  #show() {
    if (!this.#latest) return;
    const { timestamp, time } = this.#latest;
    for (const panel of this.#panels.values()) panel.show(this.#info, time);
    this.shown = time;
    this.#cards.dataset.state = "live";
    this.#cards.dataset.timestamp = timestamp;
    this.#explain();
  }

  // Each card that has nothing, or nothing new, says why.
  #explain() {
    const sources = this.#info?.sources ?? {};
    for (const panel of this.#panels.values()) {
      const reason = sources[panel.card.metric];
      const { time } = panel;
      const late = this.#info && this.#latest && time !== null && this.#latest.time - time > LATE_STEPS * panel.step;
      if (late) panel.explain(reason ?? `No reading since ${timeOfDay(time)}.`);
      else if (panel.time === null && reason) panel.explain(reason);
      else if (panel.time === this.#latest?.time) panel.explain(null);
    }
    this.#list(Object.entries(sources).filter(([metric, reason]) => reason !== null && !this.#panels.has(metric)));
  }

  /** @param {[metric: string, reason: string | null][]} absent */
  #list(absent) {
    this.#missing.hidden = absent.length === 0;
    const [summary, list] = this.#missing.children;
    write(summary, `Not read on this host: ${absent.map(([metric]) => metricName(metric)).join(", ")}`);
    const said = absent.map(([metric, reason]) => `${metricName(metric)}: ${reason}`);
    if (list.textContent !== said.join("")) list.replaceChildren(...said.map((text) => element("li", "", text)));
  }

  /** @type {(card: import("./cards.js").Card<any>) => Panel} */
  #panel(card) {
    const known = this.#panels.get(keyOf(card));
    if (known) return known;
    const panel = new Panel(card, {
      host: this.#host,
      interval: this.#interval,
      sync: "perfwatch-live",
      onZoom: (/** @type {Range | null} */ range) => this.zoom(range),
      signal: this.#ending.signal,
      failed: this.#events.failed,
    });
    panel.zoom(this.#range, null);
    this.#place(panel);
    panel.note(this.#heard);
    this.#panels.set(keyOf(card), panel);
    this.#sight.observe(panel.element);
    return panel;
  }

  /** @param {Panel} panel */
  #place(panel) {
    const after = [...this.#panels.values()].filter(({ card }) => byPlace(panel.card, card) < 0).sort((a, b) => byPlace(a.card, b.card));
    this.#cards.insertBefore(panel.element, after[0]?.element ?? null);
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #seen(changes) {
    for (const { target, isIntersecting } of changes) {
      const panel = this.#panels.get(/** @type {HTMLElement} */ (target).dataset.key ?? "");
      if (panel?.element === target) panel.seen(isIntersecting, this.#info, this.#edge);
    }
  }

  /** @param {number} time */
  #unzoomWhatIsPast(time) {
    if (this.#range && !this.#paused && this.#range[1] < time - WINDOW_MS) this.zoom(null);
  }

  // All charts end at the same tick, so that they can be read across.
  #edge = () => this.#latest?.time ?? null;
}

// Every Linux machine has these; the others come with their hardware, and their absence is no trouble.
/** @type {(card: import("./cards.js").Card<any>, reason: string) => boolean} */
function isExpected(card, reason) {
  return reason !== "switched off" && card.expected === true;
}
