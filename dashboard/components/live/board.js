// The four cards of one host: what they show, and the charts' common window.
import { Chart } from "../common/chart.js";
import { Timeline } from "../common/timeline.js";
import { cpu } from "./cards/cpu.js";
import { disk } from "./cards/disk.js";
import { memory } from "./cards/memory.js";
import { network } from "./cards/network.js";
import { fetchPast } from "../common/past.js";

const CARDS = [cpu, memory, network, disk];

export class Board {
  #root;
  #parts;
  #panels;
  #latest = null;
  #paused = false;

  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
    this.#panels = CARDS.map((card) => ({ card, timeline: new Timeline(card.lines.length), chart: this.#chart(card) }));
  }

  // The time of the reading shown, in ms since 1970; null before the first.
  shown = null;

  set interval(seconds) {
    for (const { timeline } of this.#panels) timeline.interval = seconds * 1000;
  }

  async fill(host) {
    const isStill = () => this.#root.dataset.host === host;
    await Promise.all(this.#panels.map(async (panel) => {
      const rows = await fetchPast(panel.card, host);
      if (!isStill()) return;
      panel.timeline.fill(rows);
      if (!this.#paused) this.#drawChart(panel);
    }));
  }

  // Message in, frame out: everything that the message changes is changed before this returns.
  receive({ timestamp, data }) {
    const time = Date.parse(timestamp);
    for (const { card, timeline } of this.#panels) {
      if (data[card.metric]) timeline.add(time, card.extract(data[card.metric]));
    }
    this.#latest = { timestamp, time, data };
    if (!this.#paused) this.#show();
  }

  pause(paused) {
    this.#paused = paused;
    if (!paused && this.#latest) this.#show();
  }

  zoom(range) {
    this.#parts.get("unzoom").hidden = range === null;
    for (const { chart, timeline } of this.#panels) chart.zoom(range, this.#edge(timeline));
  }

  clear(host) {
    this.#root.dataset.host = host ?? "";
    this.#root.dataset.state = "loading";
    this.#latest = this.shown = null;
    for (const { timeline } of this.#panels) timeline.clear();
    this.zoom(null);
  }

  destroy() {
    for (const { chart } of this.#panels) chart.destroy();
  }

  #show() {
    const { timestamp, time, data } = this.#latest;
    for (const panel of this.#panels) {
      const reading = data[panel.card.metric];
      if (reading) panel.card.show(this.#parts, reading);
      this.#drawChart(panel);
    }
    this.shown = time;
    this.#root.dataset.state = "live";
    this.#root.dataset.timestamp = timestamp;
  }

  #drawChart({ chart, timeline }) {
    const edge = this.#edge(timeline);
    if (edge !== null) chart.draw(timeline.columns(), edge);
  }

  // All four charts end at the same tick, so that they can be read across.
  #edge(timeline) {
    return this.#latest?.time ?? timeline.newest;
  }

  #chart({ metric, lines, format, range }) {
    const box = this.#parts.get(`chart-${metric}`);
    const onZoom = (window) => this.zoom(window);
    return new Chart(box, this.#parts.get(`legend-${metric}`), { lines, format, range, sync: "perfwatch-live", onZoom });
  }
}
