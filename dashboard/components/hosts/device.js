// Something that publishes readings by itself: what is known of it, and its card.
import { clock } from "../common/clock.js";
import { age, moment } from "../common/format.js";
import { element, resize } from "../common/parts.js";
import { Timeline, WINDOW_MS } from "../common/timeline.js";
import { set } from "./card.js";
import { numbers } from "./numbers.js";
import { fetchMetric, keptMetrics } from "./past.js";
import { Spark } from "./spark.js";

const MOST_NUMBERS = 8;
const MOST_SPARKS = 4;

export class Device {
  #data = {};
  #lines = new Map();

  constructor(name) {
    this.name = name;
  }

  entry = null;
  time = null;

  learn(entry) {
    this.entry = entry;
  }

  // Its metrics come each at its own time: the newest of each are shown together.
  receive({ timestamp, data }) {
    this.time = Date.parse(timestamp);
    Object.assign(this.#data, data);
    for (const { key, value } of numbers(data)) this.#line(key).add(this.time, [value]);
  }

  // The history of those that have a sparkline.
  async fill() {
    const metrics = new Set(this.numbers.slice(0, MOST_SPARKS).map(({ metric }) => metric));
    const kept = await keptMetrics(this.name);
    await Promise.all([...metrics].filter((metric) => kept.has(metric)).map((metric) => this.#fillMetric(metric)));
  }

  get numbers() {
    return numbers(this.#data);
  }

  columns(key) {
    return this.#line(key).columns();
  }

  get heard() {
    if (this.time !== null) return age(clock.now() - this.time);
    const seen = Date.parse(this.entry?.last_seen ?? "");
    return Number.isNaN(seen) ? "No reading yet" : `Last reading ${moment(seen, clock.now())}`;
  }

  async #fillMetric(metric) {
    const points = await fetchMetric(metric, [], this.name);
    const rows = new Map();
    for (const { timestamp, data } of points) {
      for (const { key, value } of numbers({ [metric]: data })) {
        rows.set(key, [...(rows.get(key) ?? []), [Date.parse(timestamp), value]]);
      }
    }
    for (const [key, found] of rows) this.#line(key).fill(found);
  }

  #line(key) {
    if (!this.#lines.has(key)) this.#lines.set(key, new Timeline(1));
    return this.#lines.get(key);
  }
}

export class DeviceCard {
  #device;
  #age = element("span", "age");
  #list = element("dl", "numbers");
  #sparks = [];
  #isFilled = false;

  constructor(device) {
    this.#device = device;
    const top = element("div", "first", element("h3", "", device.name), this.#age);
    this.root = element("li", "card device", top, this.#list);
    this.root.dataset.host = device.name;
    this.root.dataset.testid = "device-card";
  }

  tick() {
    set(this.#age, "textContent", this.#device.heard);
  }

  draw() {
    this.tick();
    const found = this.#device.numbers.slice(0, MOST_NUMBERS);
    const rows = resize(this.#list, found.length, (place) => this.#row(place));
    found.forEach(({ key, label, text }, place) => {
      set(rows[place].firstElementChild, "textContent", label);
      set(rows[place].lastElementChild.firstElementChild, "textContent", text);
      if (place < MOST_SPARKS) this.#drawSpark(this.#sparks[place], key);
    });
    if (found.length && !this.#isFilled) this.#fill();
  }

  // Once it is known what there is to draw: before its first reading a device has no numbers.
  async #fill() {
    this.#isFilled = true;
    await this.#device.fill();
    this.draw();
  }

  #drawSpark(spark, key) {
    const [times, values] = this.#device.columns(key);
    const to = Math.max(this.#device.time, times.at(-1) ?? 0);
    spark.draw(times, values, { from: to - WINDOW_MS, to }, (max) => max * 1.1 || 1);
  }

  #row(place) {
    const value = element("dd", "", element("b", ""));
    if (place < MOST_SPARKS) {
      this.#sparks[place] = new Spark("series-1");
      value.append(this.#sparks[place].svg);
    }
    return element("div", "number", element("dt", ""), value);
  }
}
