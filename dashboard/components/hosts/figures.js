// The numbers by which a host is known at a glance: how each is written, and what is too much.
import { percent, plain, rate } from "../common/format.js";
import { roundUp } from "../common/scale.js";

/** @typedef {"cpu" | "memory" | "disk" | "down" | "up" | "temperature"} Name */
/** @typedef {"load" | "swap" | "gpu" | "containers" | "processes" | "users" | "cores" | "memory_total"} Asked */
/**
 * What the summary says of a host (dashboard/live/summary.py); what nobody reads is left out. `seen` and
 * `started` are in seconds since 1970.
 * @typedef {{ [name in Name | Asked]?: number | null } & {
 *   kind?: "collector" | "device", status?: "online" | "offline" | null, since?: string | null, tags?: Record<string, string>,
 *   seen?: number | null, started?: number | null, boot_time?: string | null, fullest?: string | null, failed?: number,
 *   os?: string | null, hostname?: string | null, kernel?: string | null, cpu_model?: string | null, version?: string | null, interval?: number | null,
 * }} Row
 */
/**
 * @typedef {object} Figured
 * @property {Name} name
 * @property {string} label
 * @property {string} color
 * @property {(value: unknown) => import("../common/format.js").Figure} write
 * @property {number} [limit] from here on it needs a look
 * @property {string} [trouble]
 * @property {(max: number) => number} top of the sparkline
 */

const whole = () => 100;

/** @type {Figured[]} */
export const FIGURES = [
  { name: "cpu", label: "CPU", color: "series-1", write: percent, limit: 90, trouble: "CPU busy", top: whole },
  { name: "memory", label: "Memory", color: "series-3", write: percent, limit: 90, trouble: "memory nearly full", top: whole },
  { name: "disk", label: "Disk", color: "series-4", write: percent, limit: 90, trouble: "nearly full", top: whole },
  { name: "down", label: "Download", color: "series-1", write: rate, top: (max) => roundUp(max, 10_000) },
  { name: "up", label: "Upload", color: "series-2", write: rate, top: (max) => roundUp(max, 10_000) },
  { name: "temperature", label: "Hottest", color: "series-6", write: celsius, limit: 85, trouble: "hot", top: () => 100 },
];

/** @type {Record<string, Name>} by what a rule looks at */
const OF_RULES = {
  "cpu.usage_percent": "cpu",
  "memory.usage_percent": "memory",
  "disk.partitions.*.usage_percent": "disk",
  "network.bytes_recv_per_sec": "down",
  "network.bytes_sent_per_sec": "up",
  "sensors.temperatures.*.celsius": "temperature",
};

/** @type {(row: Row) => (number | null)[]} */
export function values(row) {
  return FIGURES.map(({ name }) => row[name] ?? null);
}

// The names of the figures that rules which fire look at.
/** @type {(alerts: import("../common/alerting.js").Alert[]) => Set<string>} */
export function firing(alerts) {
  return new Set(alerts.map(({ metric, field }) => OF_RULES[`${metric}.${field}`] ?? ""));
}

// Once over its limit, a number must fall well below it before it is out of trouble: marks must not flicker.
const CALM = 3;

// The names of the figures in trouble; `before` are those that were.
/** @type {(row: Row, before: Set<string>) => Set<string>} */
export function overLimit(row, before) {
  return new Set(FIGURES.filter(({ name, limit }) => {
    const value = row[name];
    return limit && typeof value === "number" && value >= limit - (before.has(name) ? CALM : 0);
  }).map(({ name }) => name));
}

// ["CPU busy", "/srv nearly full", "2 failed units"]: their numbers stand beside already.
/** @type {(row: Row, over: Set<string>) => string[]} */
export function troubles({ fullest, failed }, over) {
  const words = FIGURES.filter(({ name }) => over.has(name)).map(({ name, trouble = "" }) => (name === "disk" ? `${fullest} ${trouble}` : trouble));
  if (failed) words.push(failed === 1 ? "1 failed unit" : `${failed} failed units`);
  return words;
}

/** @type {(value: unknown) => import("../common/format.js").Figure} */
function celsius(value) {
  return { number: plain(value), unit: "°C" };
}
