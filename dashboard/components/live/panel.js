// One card of one host: what it holds, shows and says when it has nothing to show.
import { fetchPast } from "../common/past.js";
import { historyPath } from "../common/links.js";
import { metricName } from "../common/metrics.js";
import { drawn } from "../common/mount.js";
import { element, write } from "../common/parts.js";
import { HeatPlot } from "./heat.js";
import { LinePlot } from "./plot.js";
import { figures, skeleton, stage } from "./skeleton.js";

// What the bridge has received is in the history by then, unless it is told to wait for longer.
const WRITTEN_MS = 1000;

export class Panel {
  #made;
  #options;
  #figures = null;
  #mains = [];
  #views = [];
  #needs = [];
  #shown = 0;
  #latest = null;
  #past = null;
  #range = null;
  #unfilled = false;

  // options: {host, interval in ms, sync, onZoom(range), signal, failed(sentence)}
  constructor(card, options) {
    this.card = card;
    this.#options = options;
    this.#made = skeleton(card, options.host);
    this.#made.link.href = historyPath({ host: options.host, metric: card.metric });
  }

  // Whether it is on the screen; null until the browser has said so.
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

  set interval(milliseconds) {
    this.#options.interval = milliseconds;
    for (const { plot } of this.#views) plot.interval = milliseconds;
  }

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
  show(info, edge) {
    if (!this.#latest || this.visible === false) return;
    const { reading } = this.#latest;
    const context = { info, past: this.#past };
    this.#mains.forEach(({ take }, index) => {
      const { number, unit } = take(reading, context);
      write(this.#figures.numbers[index].number, number);
      write(this.#figures.numbers[index].unit, unit);
    });
    (this.card.sides ?? []).forEach(([, take], index) => write(this.#figures.texts[index], take(reading, context)));
    this.#made.feet.forEach((foot) => foot.show(reading, context));
    write(this.#made.aside, this.card.aside?.(reading, context) ?? "");
    this.draw(edge);
  }

  draw(edge) {
    if (edge !== null && this.visible !== false) this.#views[this.#shown]?.plot.draw(edge);
  }

  zoom(range, edge) {
    this.#range = range;
    for (const { plot } of this.#views) plot.zoom(range, null);
    this.draw(edge);
  }

  // Why there is nothing, or nothing newer; null when all is well.
  explain(reason) {
    const state = reason ? (this.#latest ? "lost" : "absent") : this.#latest ? "live" : "loading";
    this.element.dataset.state = state;
    this.#made.why.hidden = !reason;
    write(this.#made.why, reason ?? "");
  }

  // History fills what was missed: at once when the card is in sight, else as soon as it is. What was not
  // written yet is asked for again.
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
    } catch (error) {
      if (error.name !== "AbortError") failed(error.message);
    } finally {
      drawn(this.element);
    }
  }

  // It came into sight, or left it.
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
  #begin(reading) {
    const { mains = [], sides = [], views = [], metric } = this.card;
    this.#mains = resolved(mains, reading);
    this.#figures = figures(this.#made.mains, metric, this.#mains, sides);
    const shown = resolved(views, reading);
    this.#needs = shown.flatMap(needs);
    this.#views = shown.map((view, index) => this.#makeView(view, index));
    if (this.#views.length > 1) this.#made.plots.prepend(this.#switch());
    this.#turnTo(0);
    this.#unfilled = true;
    this.explain(null);
  }

  #makeView(view, index) {
    const { legend, chart, box } = stage(this.card, view, index === 0);
    box.hidden = index > 0;
    this.#made.plots.append(box);
    const { host, interval, sync, onZoom } = this.#options;
    const href = historyPath({ host, metric: this.card.metric, ...series(view) });
    const onPick = () => location.assign(href);
    const plot = new (view.rows ? HeatPlot : LinePlot)(view, chart, legend, { sync, onZoom, onPick });
    plot.interval = interval;
    plot.zoom(this.#range, null);
    return { plot, box, href, name: view.name };
  }

  #switch() {
    const buttons = this.#views.map(({ name }, index) => {
      const button = Object.assign(element("button", "", name), { type: "button" });
      button.addEventListener("click", () => this.#turnTo(index, buttons));
      return button;
    });
    this.#turnTo(0, buttons);
    return Object.assign(element("div", "switch segments", ...buttons), { role: "group", ariaLabel: `${metricName(this.card.metric)}: what the chart shows` });
  }

  #turnTo(index, buttons = []) {
    this.#shown = index;
    this.#views.forEach(({ box }, place) => (box.hidden = place !== index));
    buttons.forEach((button, place) => (button.ariaPressed = String(place === index)));
    if (this.#views[index]) this.#made.link.href = this.#views[index].href;
    this.draw(this.#latest?.time ?? null);
  }
}

function resolved(choice, reading) {
  return typeof choice === "function" ? choice(reading) : choice;
}

// The fields that a view is drawn from, as the history's API names them.
function needs(view) {
  const { of, fields } = series(view);
  return view.needs ?? fields.map((field) => (of ? `${of}.${field}` : field));
}

// What of a view History is asked for.
function series({ of = "", lines = [], fields, parts }) {
  const distinct = (name) => [...new Set(lines.map((line) => line[name]).filter(Boolean))];
  return { of, fields: fields ?? distinct("field"), parts: parts ?? distinct("part") };
}
