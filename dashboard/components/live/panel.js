// One card of one host: what it holds, shows and says when it has nothing to show.
import { fetchPast } from "../common/past.js";
import { historyPath } from "../common/links.js";
import { metricName } from "../common/metrics.js";
import { drawn } from "../common/mount.js";
import { notesOf } from "../common/notes.js";
import { element, write } from "../common/parts.js";
import { plotOf } from "./plots.js";
import { figures, skeleton, stage } from "./skeleton.js";
import { alertPath, needs, resolved, ruled, series } from "./views.js";

/** @typedef {import("../common/chart.js").Range} Range */
/** @typedef {import("../common/readings.js").HostInfo | null} Info */
/** @typedef {import("./cards.js").View<any>} View */
/** @typedef {{ plot: import("./plots.js").Plot, box: HTMLElement, href: string, alert: string, drawn: import("../common/notes.js").Drawn, name?: string }} Shown */
/** @typedef {() => number | null} Edge the right end of every chart, in ms */
/**
 * @typedef {object} Options
 * @property {string} host
 * @property {number} interval in ms
 * @property {string} sync
 * @property {(range: Range | null) => void} onZoom
 * @property {AbortSignal} signal
 * @property {(sentence: string) => void} failed
 */

// How soon the history is asked again. What the bridge has received is there by the third time, as it waits 5 s at most.
const WRITTEN_MS = 2000;

export class Panel {
  #made;
  #options;
  /** @type {ReturnType<typeof figures> | null} */
  #figures = null;
  /** @type {import("./cards.js").Main<any>[]} */
  #mains = [];
  /** @type {Shown[]} */
  #views = [];
  /** @type {import("../common/notes.js").Heard} */
  #heard = { rules: [], told: [] };
  /** @type {string[]} */
  #needs = [];
  #shown = 0;
  /** @type {{ time: number, reading: any } | null} */
  #latest = null;
  /** @type {{ reading: any, seconds: number } | null} */
  #past = null;
  /** @type {Range | null} */
  #range = null;
  #unfilled = false;

  /** @param {import("./cards.js").Card<any>} card @param {Options} options */
  constructor(card, options) {
    this.card = card;
    this.#options = options;
    this.#made = skeleton(card, options.host);
    this.#made.link.href = historyPath({ host: options.host, metric: card.metric });
  }

  /** @type {boolean | null} whether it is on the screen; null until the browser has said so */
  visible = null;

  get element() {
    return this.#made.article;
  }

  // The time of its newest reading in ms, null before the first.
  get time() {
    return this.#latest?.time ?? null;
  }

  // The usual time between two of its readings, in ms.
  get step() {
    return Math.max(this.#options.interval, this.#past ? this.#past.seconds * 1000 : 0);
  }

  /** @param {number} milliseconds */
  set interval(milliseconds) {
    this.#options.interval = milliseconds;
    for (const { plot } of this.#views) plot.interval = milliseconds;
  }

  /** @type {(time: number, reading: any) => void} */
  receive(time, reading) {
    const why = this.card.why?.(reading);
    if (why) return this.explain(why);
    if (this.card.ready?.(reading) === false) return;
    if (!this.#figures) this.#begin(reading);
    if (this.#latest) this.#past = { reading: this.#latest.reading, seconds: (time - this.#latest.time) / 1000 };
    this.#latest = { time, reading };
    for (const { plot } of this.#views) plot.add(time, reading);
  }

  // Writes and draws what was received. `edge` is the right end of every chart, in ms.
  /** @type {(info: Info, edge: number | null) => void} */
  show(info, edge) {
    const written = this.#figures;
    if (!this.#latest || !written || this.visible === false) return;
    const { reading, time } = this.#latest;
    const context = { info, past: this.#past, time };
    this.#mains.forEach(({ take }, index) => {
      const { number, unit } = take(reading, context);
      write(written.numbers[index].number, number);
      write(written.numbers[index].unit, unit);
    });
    (this.card.sides ?? []).forEach(([, take], index) => write(written.texts[index], take(reading, context)));
    this.#made.feet.forEach((foot) => foot.show(reading, context));
    write(this.#made.aside, this.card.aside?.(reading, context) ?? "");
    this.draw(edge);
  }

  /** @param {number | null} edge */
  draw(edge) {
    if (edge !== null && this.visible !== false) this.#views[this.#shown]?.plot.draw(edge);
  }

  // What rules say of it: where they fired, and their limits.
  /** @param {import("../common/notes.js").Heard} heard */
  note(heard) {
    this.#heard = heard;
    for (const { plot, drawn: what } of this.#views) plot.note(notesOf(heard, what));
  }

  /** @type {(range: Range | null, edge: number | null) => void} */
  zoom(range, edge) {
    this.#range = range;
    for (const { plot } of this.#views) plot.zoom(range, null);
    this.draw(edge);
  }

  // Why there is nothing, or nothing newer; null when all is well.
  /** @param {string | null} reason */
  explain(reason) {
    const state = reason ? (this.#latest ? "lost" : "absent") : this.#latest ? "live" : "loading";
    this.element.dataset.state = state;
    this.#made.why.hidden = !reason;
    write(this.#made.why, reason ?? "");
  }

  // History fills what was missed: at once when the card is in sight, else as soon as it is. What was not
  // written yet is asked for again.
  /** @param {Edge} edge */
  async fill(edge, times = 3) {
    this.#unfilled = true;
    if (!this.visible || !this.#views.length) return;
    this.#unfilled = false;
    const { host, signal, failed } = this.#options;
    try {
      const past = await fetchPast(this.card.metric, host, this.#needs, signal);
      for (const { plot } of this.#views) plot.fill(past);
      this.draw(edge());
      const holed = this.#views.some(({ plot }) => plot.hasFreshHole);
      if (holed && times > 0) setTimeout(() => signal.aborted || this.fill(edge, times - 1), WRITTEN_MS);
    } catch (caught) {
      const error = /** @type {Error} */ (caught);
      if (error.name !== "AbortError") failed(error.message);
    } finally {
      drawn(this.element);
    }
  }

  // It came into sight, or left it.
  /** @type {(visible: boolean, info: Info, edge: Edge) => void} */
  seen(visible, info, edge) {
    this.visible = visible;
    if (!visible) return;
    this.show(info, edge());
    if (this.#unfilled) this.fill(edge);
  }

  destroy() {
    for (const { plot } of this.#views) plot.destroy();
    this.element.remove();
  }

  // What a card shows may depend on what this host has, which its first reading tells.
  /** @param {any} reading */
  #begin(reading) {
    const { mains = [], sides = [], views = [], metric } = this.card;
    this.#mains = resolved(mains, reading);
    this.#figures = figures(this.#made.mains, metric, this.#mains, sides);
    const shown = resolved(views, reading);
    this.#needs = shown.flatMap(needs);
    this.#views = shown.map((view, index) => this.#makeView(view, index));
    if (this.#views.length > 1) this.#made.plots.prepend(this.#switch());
    this.#turnTo(0);
    this.note(this.#heard);
    this.#unfilled = true;
    this.explain(null);
  }

  /** @type {(view: View, index: number) => Shown} */
  #makeView(view, index) {
    const { legend, chart, box } = stage(this.card, view, index === 0);
    box.hidden = index > 0;
    this.#made.plots.append(box);
    const { host, interval, sync, onZoom } = this.#options;
    const { metric } = this.card;
    const { of, fields, parts } = series(view);
    const href = historyPath({ host, metric, of, fields, parts });
    const alert = alertPath(metric, view, host);
    const onPick = () => location.assign(href);
    const plot = new (plotOf(view))(view, chart, legend, { sync, onZoom, onPick });
    plot.interval = interval;
    plot.zoom(this.#range, null);
    return { plot, box, href, alert, drawn: { metric, of, fields: ruled(view), hosts: [host], parts }, name: view.name };
  }

  #switch() {
    const buttons = this.#views.map(({ name }, index) => {
      const button = Object.assign(element("button", "", name ?? ""), { type: "button" });
      button.addEventListener("click", () => this.#turnTo(index, buttons));
      return button;
    });
    this.#turnTo(0, buttons);
    return Object.assign(element("div", "switch segments", ...buttons), { role: "group", ariaLabel: `${metricName(this.card.metric)}: what the chart shows` });
  }

  /** @type {(index: number, buttons?: HTMLElement[]) => void} */
  #turnTo(index, buttons = []) {
    this.#shown = index;
    this.#views.forEach(({ box }, place) => (box.hidden = place !== index));
    buttons.forEach((button, place) => (button.ariaPressed = String(place === index)));
    if (this.#views[index]) {
      this.#made.link.href = this.#views[index].href;
      this.#made.alert.href = this.#views[index].alert;
      this.#made.alert.hidden = false;
    }
    this.draw(this.#latest?.time ?? null);
  }
}
