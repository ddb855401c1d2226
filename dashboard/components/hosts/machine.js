// One host as the page knows it: its row of the summary, and its last minutes.
import { clock } from "../common/clock.js";
import { moment, span } from "../common/format.js";
import { Timeline } from "../common/timeline.js";
import { FIGURES, firing, overLimit, troubles, values } from "./figures.js";

/** @typedef {import("./figures.js").Row} Row */
/** @typedef {import("../common/alerting.js").Alert} Alert */

const DEFAULT_INTERVAL = 5;
const STALE_INTERVALS = 3;
const STALE_AT_LEAST_MS = 5000; // a wall of readings that come each 0.5 s must not twitch

export class Machine {
  /** @type {"machine"} */
  kind = "machine";
  /** @type {Row} */
  row = {};
  /** @type {Set<string>} */
  #over = new Set();
  /** @type {Alert[] | null} what fires by the rules; null where nobody watches */
  alerts = null;
  timeline = new Timeline(FIGURES.length);

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  // Takes what changed in its row, or a whole one.
  /** @param {Row} changed @param {boolean} [isWhole] */
  learn(changed, isWhole = false) {
    this.row = isWhole ? changed : { ...this.row, ...changed };
    this.timeline.interval = this.#interval;
    // Two readings of one second differ in their numbers alone.
    this.#over = overLimit(this.row, this.#over);
    if (changed.seen) this.timeline.add(1000 * changed.seen, values(this.row));
  }

  get tags() {
    return this.row.tags ?? {};
  }

  // Of its newest reading, in ms since 1970.
  get time() {
    return this.row.seen ? 1000 * this.row.seen : null;
  }

  // "online", "stale", "offline", or "waiting" for its first reading.
  get state() {
    if (this.row.status === "offline") return "offline";
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
    return this.alerts === null ? troubles(this.row, this.#over) : told(this.alerts);
  }

  get needsLook() {
    const { state } = this;
    return state === "offline" || state === "stale" || this.troubles.length > 0;
  }

  // Seconds since it was started; null when nobody said.
  get uptime() {
    const now = clock.now() / 1000;
    if (this.row.started) return now - this.row.started;
    // Of one that is away nobody knows whether it is up.
    const boot = Date.parse((this.state !== "offline" && this.row.boot_time) || "");
    return Number.isNaN(boot) ? null : now - boot / 1000;
  }

  // Its state in words.
  get words() {
    const { state } = this;
    if (state === "offline") return offline(this.time);
    if (state === "stale") return `No reading for ${span((clock.now() - (this.time ?? 0)) / 1000)}`;
    return state === "waiting" ? "No reading yet" : "Online";
  }

  // In milliseconds.
  get #interval() {
    return (this.row.interval ?? DEFAULT_INTERVAL) * 1000;
  }
}

/** @type {(alerts: Alert[]) => string[]} */
export function told(alerts) {
  return alerts.map(({ text, title }) => text || title);
}

/** @type {(since: number | null) => string} */
function offline(since) {
  return since === null ? "Offline" : `Offline since ${moment(since, clock.now())}`;
}
