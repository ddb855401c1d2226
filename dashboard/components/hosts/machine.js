// One host as the page knows it: what /api/hosts says of it, its newest reading, its last minutes.
import { clock } from "../common/clock.js";
import { age, moment, span } from "../common/format.js";
import { Timeline } from "../common/timeline.js";
import { FIGURES, figures, firing, overLimit, row, troubles } from "./figures.js";

const DEFAULT_INTERVAL = 5;
const STALE_INTERVALS = 3;
const STALE_AT_LEAST_MS = 5000; // a wall of readings that come each 0.5 s must not twitch

export class Machine {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** @type {import("../common/hosts.js").Host | null} */
  entry = null;
  /** @type {import("../common/readings.js").Readings} the newest tick's */
  #data = {};
  /** @type {number | null} and its time, in ms since 1970 */
  time = null;
  found = figures({});
  /** @type {Set<string>} */
  #over = new Set();
  /** @type {import("../common/alerting.js").Alert[] | null} what fires by the rules; null where nobody watches */
  alerts = null;
  timeline = new Timeline(FIGURES.length);

  /** @type {(entry: import("../common/hosts.js").Host) => void} */
  learn(entry) {
    this.entry = entry;
    this.timeline.interval = this.#interval;
  }

  /** @type {(tick: import("../common/connection.js").Metrics) => void} */
  receive({ timestamp, data }) {
    this.time = Date.parse(timestamp);
    // A metric that this tick lacks is shown as it was in the one before.
    this.found = figures({ ...this.#data, ...data });
    this.#data = data;
    this.#over = overLimit(this.found, this.#over);
    this.timeline.add(this.time, row(this.found));
  }

  get isDevice() {
    return this.entry?.kind === "device";
  }

  // "online", "stale", "offline", or "waiting" for its first reading.
  get state() {
    if (this.entry?.status === "offline") return "offline";
    if (this.time === null) return "waiting";
    const longest = Math.max(STALE_AT_LEAST_MS, STALE_INTERVALS * this.#interval);
    return clock.now() - this.time > longest ? "stale" : "online";
  }

  // The figures in trouble: by the rules, or by fixed limits where nobody watches.
  get over() {
    return this.alerts === null ? this.#over : firing(this.alerts);
  }

  get troubles() {
    if (this.state !== "online") return [];
    return this.alerts === null ? troubles(this.found, this.#over) : this.alerts.map(({ text, title }) => text || title);
  }

  get needsLook() {
    const { state } = this;
    return state === "offline" || state === "stale" || this.troubles.length > 0;
  }

  // Seconds since it was started; null when nobody said.
  get uptime() {
    if (this.found.uptime !== null) return this.found.uptime;
    // Of one that is away nobody knows whether it is up.
    const boot = Date.parse((this.state !== "offline" && this.entry?.info?.boot_time) || "");
    return Number.isNaN(boot) ? null : (clock.now() - boot) / 1000;
  }

  // Its state in words.
  get words() {
    const { state } = this;
    if (state === "offline") return offline(this.entry?.since ?? this.entry?.timestamp);
    if (state === "stale") return `No reading for ${span((clock.now() - (this.time ?? 0)) / 1000)}`;
    return state === "waiting" ? "No reading yet" : "Online";
  }

  get heard() {
    return this.time === null ? "No reading yet" : age(clock.now() - this.time);
  }

  // In milliseconds.
  get #interval() {
    return (this.entry?.info?.interval ?? DEFAULT_INTERVAL) * 1000;
  }
}

/** @type {(since: string | null | undefined) => string} */
function offline(since) {
  const time = Date.parse(since ?? "");
  return Number.isNaN(time) ? "Offline" : `Offline since ${moment(time, clock.now())}`;
}
