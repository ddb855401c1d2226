// What can be told of a host in a column, and by what hosts are sorted.
import { joined, memory, percent, plain, rate, span } from "../common/format.js";
import { FIGURES } from "./figures.js";

/** @typedef {import("./order.js").Thing} Thing */
/**
 * @typedef {object} Column
 * @property {string} name as it stands in the address
 * @property {string} label
 * @property {(thing: Thing) => string} text
 * @property {(thing: Thing) => number | string | null} key smallest first; null comes last
 * @property {number} width in em
 * @property {boolean} [isNumber]
 * @property {boolean} [isDefault] shown until somebody chooses
 * @property {boolean} [isAsked] sent only when it is asked for
 */

const TAG = "tag.";
/** @type {Record<string, number>} */
const RANKS = { offline: 0, stale: 1, online: 3, waiting: 4 };

// How bad a thing is, the worst first.
/** @type {(thing: Thing) => number} */
export function rank(thing) {
  return thing.state === "online" && thing.needsLook ? 2 : RANKS[thing.state];
}

// What a thing is tagged with; empty without. Any name may be a tag's, `constructor` too.
/** @type {(thing: Thing, tag: string) => string} */
export function tagOf({ tags }, tag) {
  return Object.hasOwn(tags, tag) ? tags[tag] : "";
}

/** @type {Column[]} */
const FIXED = [
  { name: "name", label: "Name", width: 12, isDefault: true, text: ({ name }) => name, key: ({ name }) => name },
  { name: "status", label: "Status", width: 14, isDefault: true, text: ({ words }) => words, key: rank },
  ...FIGURES.filter(({ name }) => name !== "down" && name !== "up").map((figure) => numeric(figure, true)),
  number("network", "Network", 7, ({ row }) => sum(row.down, row.up), (value) => joined(rate(value)), true),
  ...FIGURES.filter(({ name }) => name === "down" || name === "up").map((figure) => numeric(figure, false)),
  number("uptime", "Uptime", 7, ({ uptime }) => uptime, span, true),
  asked("load", "Load", 5, (value) => plain(value, 2)),
  asked("swap", "Swap", 6, (value) => joined(percent(value))),
  asked("gpu", "GPU", 6, (value) => joined(percent(value))),
  asked("containers", "Containers", 8, plain),
  asked("processes", "Processes", 7, plain),
  asked("users", "Users", 5, plain),
  number("failed", "Failed units", 8, ({ row }) => row.failed ?? null, plain, false),
  asked("cores", "Cores", 5, plain),
  asked("memory_total", "Memory size", 8, (value) => joined(memory(value))),
  word("fullest", "Fullest", 9),
  word("os", "System", 14),
  word("kernel", "Kernel", 10),
  word("cpu_model", "CPU model", 16),
  word("hostname", "Host name", 10),
  number("interval", "Interval", 6, ({ row }) => row.interval ?? null, span, false),
  { ...word("version", "PerfWatch", 8), isAsked: true },
];

// Of all hosts: also a column for each tag.
/** @type {(tags: string[]) => Column[]} */
export function columnsFor(tags) {
  const [name, status, ...others] = FIXED;
  const of = (/** @type {string} */ tag) => (/** @type {Thing} */ thing) => tagOf(thing, tag);
  const tagged = tags.map((tag) => ({ name: `${TAG}${tag}`, label: tag.charAt(0).toUpperCase() + tag.slice(1), width: 8, isDefault: true, text: of(tag), key: (/** @type {Thing} */ thing) => of(tag)(thing) || null }));
  return [name, status, ...tagged, ...others];
}

/** @type {(figure: import("./figures.js").Figured, isDefault: boolean) => Column} */
function numeric({ name, label, write }, isDefault) {
  return number(name, label === "Hottest" ? "Temperature" : label, 7, ({ row }) => row[name] ?? null, (value) => joined(write(value)), isDefault);
}

// What the server sends to those alone who show it.
/** @type {(name: import("./figures.js").Asked, label: string, width: number, write: (value: number) => string) => Column} */
function asked(name, label, width, write) {
  return { ...number(name, label, width, ({ row }) => row[name] ?? null, write, false), isAsked: true };
}

// Largest first, and what is offline after all that is not.
/** @type {(name: string, label: string, width: number, value: (thing: Thing) => number | null, write: (value: number) => string, isDefault: boolean) => Column} */
function number(name, label, width, value, write, isDefault) {
  return {
    name,
    label,
    width,
    isDefault,
    isNumber: true,
    text: (thing) => {
      const found = value(thing);
      return found === null ? "" : write(found);
    },
    key: (thing) => {
      const found = thing.state === "offline" ? null : value(thing);
      return found === null ? null : -found;
    },
  };
}

/** @type {(name: "fullest" | "os" | "kernel" | "cpu_model" | "hostname" | "version", label: string, width: number) => Column} */
function word(name, label, width) {
  return { name, label, width, text: ({ row }) => row[name] ?? "", key: ({ row }) => row[name] || null };
}

/** @type {(a: number | null | undefined, b: number | null | undefined) => number | null} */
function sum(a, b) {
  return a == null && b == null ? null : (a ?? 0) + (b ?? 0);
}
