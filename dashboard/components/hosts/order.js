// Which hosts are shown, in which order and groups, and how they are summed up.
import { rank, tagOf } from "./columns.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./device.js").Device} Device */
/** @typedef {Pick<Machine | Device, "kind" | "name" | "state" | "needsLook" | "row" | "tags" | "words" | "uptime" | "troubles">} Thing */
/** @typedef {{ column: import("./columns.js").Column, isReversed: boolean }} Sort */
/** @template {Thing} T @typedef {{ key: string, title: string | null, things: T[] }} Group without a title it has no head */

/** @type {Record<string, (thing: Thing) => boolean>} */
const SHOWN = {
  all: () => true,
  online: ({ kind, state }) => kind === "machine" && state === "online",
  offline: ({ state }) => state === "offline",
  trouble: ({ needsLook }) => needsLook,
};

/** @type {<T extends Thing>(things: T[], sort: Sort) => T[]} */
export function sorted(things, { column, isReversed }) {
  const by = new Map(things.map((thing) => [thing, column.key(thing)]));
  const sign = isReversed ? -1 : 1;
  return [...things].sort((a, b) => {
    const [one, other] = [by.get(a) ?? null, by.get(b) ?? null];
    if (one === null || other === null) return Number(one === null) - Number(other === null) || byName(a, b);
    return sign * compare(one, other) || byName(a, b);
  });
}

// Hosts, and devices below; or by the values of a tag, the worst group first.
/** @type {<T extends Thing>(things: T[], tag: string) => Group<T>[]} */
export function grouped(things, tag) {
  const of = (/** @type {Thing} */ thing) => (tag ? tagOf(thing, tag) : thing.kind);
  const found = Object.entries(Object.groupBy(things, of)).map(([key, some]) => ({ key, title: title(tag, key), things: some ?? [] }));
  const worst = new Map(found.map((group) => [group, tag ? Math.min(...group.things.map(rank)) : Number(group.key === "device")]));
  return found.sort((a, b) => (worst.get(a) ?? 0) - (worst.get(b) ?? 0) || compare(a.key || LAST, b.key || LAST));
}

// `text` is looked for in the name, in the tags, and in what the host says of itself.
/** @type {(thing: Thing, asked: { show: string, text: string }) => boolean} */
export function matches(thing, { show, text }) {
  return SHOWN[show](thing) && (!text || described(thing).includes(text.trim().toLowerCase()));
}

// How many hosts there are of each kind, by the names of SHOWN; a device may need a look too.
/** @type {(things: Thing[]) => Record<string, number>} */
export function counts(things) {
  const found = Object.fromEntries(Object.entries(SHOWN).map(([name, is]) => [name, things.filter(is).length]));
  return { ...found, all: things.filter(({ kind }) => kind === "machine").length };
}

// "12 hosts, 11 online, 2 need a look"
/** @type {(counted: Record<string, number>) => string} */
export function summary({ all, online, trouble }) {
  return `${all} ${all === 1 ? "host" : "hosts"}, ${online} online, ${trouble ? needALook(trouble) : "all is well"}`;
}

// "3 hosts, 2 devices, 1 needs a look"
/** @type {(things: Thing[]) => string} */
export function summed(things) {
  const devices = things.filter(({ kind }) => kind === "device").length;
  const hosts = things.length - devices;
  const trouble = things.filter(SHOWN.trouble).length;
  const told = [hosts && `${hosts} ${hosts === 1 ? "host" : "hosts"}`, devices && `${devices} ${devices === 1 ? "device" : "devices"}`, trouble && needALook(trouble)];
  return told.filter(Boolean).join(", ");
}

/** @type {(count: number) => string} */
function needALook(count) {
  return count === 1 ? "1 needs a look" : `${count} need a look`;
}

/** @type {(tag: string, key: string) => string | null} */
function title(tag, key) {
  if (tag) return key || `No ${tag}`;
  return key === "device" ? "Devices" : null;
}

/** @type {(thing: Thing) => string} */
function described({ name, row, tags }) {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return [name, row.hostname, row.os, row.kernel, row.cpu_model, ...pairs].filter(Boolean).join("\n").toLowerCase();
}

const LAST = "\uffff"; // after every name
// host2 before host10.
const names = new Intl.Collator("en", { numeric: true });

/** @type {(a: number | string, b: number | string) => number} */
function compare(a, b) {
  if (typeof a === "string" && typeof b === "string") return names.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @type {(a: Thing, b: Thing) => number} */
function byName(a, b) {
  return names.compare(a.name, b.name);
}
