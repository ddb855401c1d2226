// Something that publishes readings by itself: what is known of it, and its card.
import { clock } from "../common/clock.js";
import { age, moment } from "../common/format.js";
import { element, resize } from "../common/parts.js";
import { Timeline, WINDOW_MS } from "../common/timeline.js";
import { set } from "./card.js";
import { told } from "./machine.js";
import { numbers } from "./numbers.js";
import { fetchMetric, keptMetrics } from "./past.js";
import { Spark } from "./spark.js";

/** @typedef {import("../common/timeline.js").Row} Row */

const MOST_NUMBERS = 6;
const MOST_SPARKS = 4;

export class Device {
  /** @type {"device"} */
  kind = "device";
  /** @type {import("./figures.js").Row} */
  row = {};
  /** @type {Record<string, object>} */
  #data = {};
  /** @type {Map<string, Timeline>} */
  #lines = new Map();
  /** @type {number | null} */
  #received = null;
  /** @type {import("../common/alerting.js").Alert[] | null} what fires by the rules; null where nobody watches */
  alerts = null;
  isFilled = false;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** @param {import("./figures.js").Row} changed @param {boolean} [isWhole] */
  learn(changed, isWhole = false) {
    this.row = isWhole ? changed : { ...this.row, ...changed };
  }

  get tags() {
    return this.row.tags ?? {};
  }

  // Of its newest reading, in ms since 1970.
  get time() {
    return this.#received ?? (this.row.seen ? 1000 * this.row.seen : null);
  }

  get state() {
    return this.time === null ? "waiting" : "online";
  }

  get troubles() {
    return told(this.alerts ?? []);
  }

  get needsLook() {
    return this.troubles.length > 0;
  }

  get words() {
    if (this.#received !== null) return age(clock.now() - this.#received);
    return this.time === null ? "No reading yet" : `Last reading ${moment(this.time, clock.now())}`;
  }

  uptime = null;

  // Its metrics come each at its own time: the newest of each are shown together.
  /** @type {(tick: Pick<import("../common/connection.js").Metrics, "timestamp" | "data">) => void} */
  receive({ timestamp, data }) {
    this.#received = Date.parse(timestamp);
    Object.assign(this.#data, data);
    for (const { key, value } of numbers(data)) this.#line(key).add(this.#received, [value]);
  }

  // The history of those that have a sparkline. Before its first reading it is not known which.
  async fill() {
    this.isFilled = true;
    const metrics = new Set(this.numbers.slice(0, MOST_SPARKS).map(({ metric }) => metric));
    const kept = await keptMetrics(this.name);
    await Promise.all([...metrics].filter((metric) => kept.has(metric)).map((metric) => this.#fillMetric(metric)));
  }

  get numbers() {
    return numbers(this.#data);
  }

  /** @param {string} key */
  columns(key) {
    return this.#line(key).columns();
  }

  /** @param {string} metric */
  async #fillMetric(metric) {
    /** @type {Map<string, Row[]>} */
    const rows = new Map();
    for (const { timestamp, data } of await fetchMetric(metric, this.name)) {
      for (const { key, value } of numbers({ [metric]: data })) {
        rows.set(key, [...(rows.get(key) ?? []), [Date.parse(timestamp), value]]);
      }
    }
    for (const [key, found] of rows) this.#line(key).fill(found);
  }

  /** @param {string} key */
  #line(key) {
    const line = this.#lines.get(key) ?? new Timeline(1);
    this.#lines.set(key, line);
    return line;
  }
}

export class DeviceCard {
  #device;
  #age = element("span", "age");
  #list = element("dl", "numbers");
  #trouble = element("p", "trouble");
  /** @type {Spark[]} */
  #sparks = [];

  /** @param {Device} device */
  constructor(device) {
    this.#device = device;
    const top = element("div", "first", element("h3", "", device.name), this.#age);
    this.root = element("li", "card device", top, this.#trouble, this.#list);
    this.root.dataset.host = device.name;
    this.root.dataset.testid = "device-card";
  }

  tick() {
    set(this.#age, "textContent", this.#device.words);
    const text = this.#device.troubles.join(", ");
    set(this.#trouble, "hidden", !text);
    set(this.#trouble, "textContent", text);
    set(this.#trouble, "title", text);
  }

  draw() {
    this.tick();
    const found = this.#device.numbers.slice(0, MOST_NUMBERS);
    const rows = resize(this.#list, found.length, (place) => this.#row(place));
    found.forEach(({ key, label, text }, place) => {
      const [name, value] = rows[place].children;
      set(name, "textContent", label);
      set(value.children[0], "textContent", text);
      if (place < MOST_SPARKS) this.#drawSpark(this.#sparks[place], key);
    });
    if (found.length && !this.#device.isFilled) this.#device.fill().then(() => this.draw());
  }

  /** @type {(spark: Spark, key: string) => void} */
  #drawSpark(spark, key) {
    const [times, values] = this.#device.columns(key);
    const to = Math.max(this.#device.time ?? 0, times.at(-1) ?? 0);
    spark.draw(times, values, { from: to - WINDOW_MS, to }, (max) => max * 1.1 || 1);
  }

  /** @param {number} place */
  #row(place) {
    const value = element("dd", "", element("b", ""));
    if (place < MOST_SPARKS) {
      this.#sparks[place] = new Spark("series-1");
      value.append(this.#sparks[place].svg);
    }
    return element("div", "number", element("dt", ""), value);
  }
}
