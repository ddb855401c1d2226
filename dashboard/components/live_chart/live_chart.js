// One number of one host as it comes: `perfwatch.widgets.live_chart` in a page of somebody's own.
import { clock } from "../common/clock.js";
import { timeOfDay } from "../common/format.js";
import { mountable } from "../common/mount.js";
import { Parts } from "../common/parts.js";
import { fetchPast } from "../common/past.js";
import { roundUp } from "../common/scale.js";
import { figure, unitOf, written } from "../common/units.js";
import { LinePlot } from "../live/plot.js";
import { feed } from "./feed.js";
import { valueAt } from "./field.js";

/** @typedef {{ host: string, metric: string, field: string, past: string, title: string, height: number }} Asked `past`: what the history calls the field */
/** @typedef {import("../common/connection.js").Message} Message */

const LATE_STEPS = 3;
const FILL_AGAIN_MS = 1000; // what the bridge has received is in the history by then

class LiveChart {
  #root;
  #asked = "";
  /** @type {Drawn | null} */
  #drawn = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  // A rerun that asks for the same leaves the chart as it is.
  /** @param {Asked} asked */
  update(asked) {
    if (JSON.stringify(asked) === this.#asked) return;
    this.#asked = JSON.stringify(asked);
    this.#drawn?.stop();
    this.#drawn = new Drawn(this.#root, asked);
  }

  stop() {
    this.#drawn?.stop();
  }
}

class Drawn {
  #root;
  #asked;
  #parts;
  #plot;
  #interval = Infinity; // in ms; devices do not say theirs, so they are never late
  /** @type {number | null} */
  #time = null;
  #connected = false;
  #offline = false;
  #problem = "";
  #stopping = new AbortController();
  #unfollow;
  #ticking;

  /** @param {HTMLElement} root @param {Asked} asked */
  constructor(root, asked) {
    this.#root = root;
    this.#asked = asked;
    this.#parts = new Parts(root);
    this.#parts.text("title", asked.title);
    root.style.setProperty("--height", `${asked.height}px`);
    this.#plot = this.#makePlot(asked);
    this.#unfollow = feed.follow({
      ...asked,
      message: (message) => this.#receive(message),
      state: ({ name }) => this.#connect(name === "connected"),
      open: () => this.#fill(),
    });
    this.#ticking = setInterval(() => this.#explain(), 1000);
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#ticking);
    this.#unfollow();
    this.#plot.destroy();
    this.#parts.get("legend").replaceChildren();
  }

  /** @param {Asked} asked */
  #makePlot({ metric, field, title }) {
    const name = lastOf(field);
    const view = {
      lines: [{ label: title, color: "series-1", fill: true, take: (/** @type {any} */ reading) => this.#value(reading) }],
      format: (/** @type {number | null} */ value) => written(metric, name, value),
      range: scale(metric, name),
    };
    const chart = this.#parts.get("chart");
    chart.ariaLabel = `${title}: the last five minutes. The arrow keys read values.`;
    const onZoom = (/** @type {import("../common/chart.js").Range | null} */ range) => this.#plot.zoom(range, this.#time);
    return new LinePlot(view, chart, this.#parts.get("legend"), { sync: "perfwatch-own", onZoom });
  }

  /** @param {any} reading */
  #value(reading) {
    const { field } = this.#asked;
    return valueAt(reading, field) ?? valueAt(reading, field.replaceAll(".", "_")); // as the history has a device's
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "host") return this.#learn(message);
    const { metric, field } = this.#asked;
    const reading = message.data[metric];
    if (!reading) return;
    const isFirst = this.#time === null;
    const value = this.#value(reading);
    this.#time = Date.parse(message.timestamp);
    this.#problem = value === null ? `The last ${metric} reading has no number ${field}` : "";
    this.#plot.add(this.#time, reading);
    this.#show(value);
    if (isFirst) this.#fill();
  }

  /** @param {import("../common/hosts.js").Host} entry */
  #learn({ status, info }) {
    this.#offline = status === "offline";
    if (info?.interval) this.#plot.interval = this.#interval = info.interval * 1000;
    this.#explain();
  }

  /** @param {boolean} connected */
  #connect(connected) {
    this.#connected = connected;
    this.#explain();
  }

  /** @param {number | null} value */
  #show(value) {
    const { metric, field } = this.#asked;
    const { number, unit } = figure(metric, lastOf(field), value);
    this.#parts.text("number", number);
    this.#parts.text("unit", unit);
    this.#draw();
    this.#explain();
  }

  #draw() {
    this.#plot.draw(this.#time ?? clock.now());
  }

  async #fill(times = 3) {
    const { metric, host, past } = this.#asked;
    const { signal } = this.#stopping;
    try {
      this.#plot.fill(await fetchPast(metric, host, [past], signal));
      this.#draw();
      if (this.#plot.hasFreshHole && times > 0) setTimeout(() => signal.aborted || this.#fill(times - 1), FILL_AGAIN_MS);
    } catch (caught) {
      const error = /** @type {Error} */ (caught);
      if (error.name === "AbortError" || this.#time !== null) return;
      this.#problem = error.message;
      this.#explain();
    }
  }

  // Why there is nothing, or nothing newer.
  #explain() {
    const { host, metric } = this.#asked;
    const since = this.#time === null ? "" : ` since ${timeOfDay(this.#time)}`;
    const late = this.#time !== null && clock.now() - this.#time > LATE_STEPS * this.#interval;
    const lost = !this.#connected || this.#offline || late;
    this.#root.dataset.state = this.#time === null ? "loading" : lost ? "lost" : "live";
    this.#parts.text("note", this.#connected ? this.#reason(host, metric, since, late) : `Connecting${since && `; no reading${since}`}`);
  }

  /** @type {(host: string, metric: string, since: string, late: boolean) => string} */
  #reason(host, metric, since, late) {
    if (this.#offline) return since ? `Offline: no reading${since}` : `${host} is offline`;
    if (late) return `No reading${since}`;
    return this.#problem || (since ? "" : `Waiting for the first ${metric} reading of ${host}`);
  }
}

/** @type {(field: string) => string} */
function lastOf(field) {
  return field.slice(field.lastIndexOf(".") + 1);
}

/** @type {(metric: string, field: string) => (max: number) => number} */
function scale(metric, field) {
  const { kind } = unitOf(metric, field);
  if (kind === "percent") return (max) => Math.min(100, roundUp(max, 10));
  return (max) => roundUp(max, kind === "rate" ? 1000 : 1);
}

export const mount = mountable(".live-chart", (root) => new LiveChart(root));
