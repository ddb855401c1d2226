// What a card shows of a host, out of a tick's readings or out of history, which has the same shape.
import { percent, plain, rate } from "../common/format.js";
import { roundUp } from "../common/scale.js";

/** @typedef {import("../common/readings.js").Readings} Readings */
/** @typedef {"cpu" | "memory" | "disk" | "down" | "up" | "temperature"} Name */
/** @typedef {Record<Name | "uptime", number | null> & { fullest: string | null, failed: number }} Found */
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

const NOT_WIRED_CELSIUS = 120; // what a chip's unconnected input likes to say

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

// Numbers by figure, null where there is none; `fullest` and `failed` are named only.
/** @type {(readings: Readings) => Found} */
export function figures({ cpu, memory, disk, network, sensors, gpu, systemd, system }) {
  const [fullest, share] = most(Object.entries(disk?.partitions ?? {}).map(([name, one]) => [name, one.usage_percent]));
  return {
    cpu: known(cpu?.usage_percent),
    memory: known(memory?.usage_percent),
    disk: share,
    down: known(network?.bytes_recv_per_sec),
    up: known(network?.bytes_sent_per_sec),
    temperature: hottest(cpu, sensors, gpu),
    fullest,
    failed: systemd?.failed ?? 0,
    uptime: known(system?.uptime_seconds),
  };
}

/** @type {(found: Found) => (number | null)[]} */
export function row(found) {
  return FIGURES.map(({ name }) => found[name]);
}

// The names of the figures that rules which fire look at.
/** @type {(alerts: import("../common/alerting.js").Alert[]) => Set<string>} */
export function firing(alerts) {
  return new Set(alerts.map(({ metric, field }) => OF_RULES[`${metric}.${field}`] ?? ""));
}

// Once over its limit, a number must fall well below it before it is out of trouble: marks must not flicker.
const CALM = 3;

// The names of the figures in trouble; `before` are those that were.
/** @type {(found: Partial<Found>, before: Set<string>) => Set<string>} */
export function overLimit(found, before) {
  return new Set(FIGURES.filter(({ name, limit }) => {
    const value = found[name];
    return limit && typeof value === "number" && value >= limit - (before.has(name) ? CALM : 0);
  }).map(({ name }) => name));
}

// ["CPU busy", "/srv nearly full", "2 failed units"]: their numbers stand in the card already.
/** @type {(found: Found, over: Set<string>) => string[]} */
export function troubles(found, over) {
  const words = FIGURES.filter(({ name }) => over.has(name)).map(({ name, trouble = "" }) => (name === "disk" ? `${found.fullest} ${trouble}` : trouble));
  if (found.failed) words.push(found.failed === 1 ? "1 failed unit" : `${found.failed} failed units`);
  return words;
}

/** @type {(value: unknown) => import("../common/format.js").Figure} */
function celsius(value) {
  return { number: plain(value), unit: "°C" };
}

/** @type {(cpu: Readings["cpu"], sensors: Readings["sensors"], gpu: Readings["gpu"]) => number | null} */
function hottest(cpu, sensors, gpu) {
  const listed = [
    ...(cpu?.temperature_celsius ?? []),
    ...Object.values(sensors?.temperatures ?? {}).map(({ celsius: degrees }) => degrees),
    ...Object.values(gpu?.gpus ?? {}).map(({ temperature_celsius: degrees }) => degrees),
  ];
  return most(listed.map((degrees) => ["", (degrees ?? NOT_WIRED_CELSIUS) < NOT_WIRED_CELSIUS ? degrees : null]))[1];
}

// The pair with the largest number; [null, null] without any.
/** @type {(pairs: [string, number | null | undefined][]) => [string, number] | [null, null]} */
function most(pairs) {
  /** @type {[string, number] | [null, null]} */
  let best = [null, null];
  for (const [name, value] of pairs) {
    if (typeof value === "number" && (best[1] === null || value > best[1])) best = [name, value];
  }
  return best;
}

/** @type {(value: number | null | undefined) => number | null} */
function known(value) {
  return typeof value === "number" ? value : null;
}
