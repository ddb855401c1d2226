// Which hosts are shown, in which order, and how they are summed up.

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {Pick<Machine, "name" | "state" | "needsLook" | "entry" | "found">} Listed */
/** @typedef {(host: Listed) => number | null} By */

const LAST = -Infinity; // hosts without that number come after all others

/** @type {(number: By) => (host: Listed) => number} */
const largest = (number) => (host) => -(number(host) ?? LAST);
/** @type {(name: import("./figures.js").Name) => (host: Listed) => number} */
const figure = (name) => largest(({ state, found }) => (state === "offline" ? null : found[name]));
/** @type {Record<string, number>} */
const RANKS = { offline: 0, stale: 1, online: 3, waiting: 4 };

// What each order goes by, smallest first; among equals, the name.
/** @type {Record<string, (host: Listed) => number>} */
const ORDERS = {
  name: () => 0,
  status: (host) => (host.state === "online" && host.needsLook ? 2 : RANKS[host.state]),
  cpu: figure("cpu"),
  memory: figure("memory"),
  disk: figure("disk"),
  network: largest(({ state, found }) => (state === "offline" ? null : sum(found.down, found.up))),
  temperature: figure("temperature"),
};

/** @type {Record<string, (host: Listed) => boolean>} */
export const SHOWN = {
  all: () => true,
  online: ({ state }) => state === "online",
  offline: ({ state }) => state === "offline",
  trouble: ({ needsLook }) => needsLook,
};

/** @type {<T extends Listed>(hosts: T[], order: string) => T[]} */
export function sorted(hosts, order) {
  const by = new Map(hosts.map((host) => [host, ORDERS[order](host)]));
  return [...hosts].sort((a, b) => compare(by.get(a) ?? 0, by.get(b) ?? 0) || byName(a, b));
}

// `text` is looked for in the name and in what the host says of itself.
/** @type {(host: Listed, asked: { show: string, text: string }) => boolean} */
export function matches(host, { show, text }) {
  return SHOWN[show](host) && (!text || described(host).includes(text.trim().toLowerCase()));
}

// How many there are of each kind, by the names of SHOWN.
/** @type {(hosts: Listed[]) => Record<string, number>} */
export function counts(hosts) {
  return Object.fromEntries(Object.entries(SHOWN).map(([name, is]) => [name, hosts.filter(is).length]));
}

// "12 hosts, 11 online, 2 need a look"
/** @type {(counted: Record<string, number>) => string} */
export function summary({ all, online, trouble }) {
  const look = trouble === 1 ? "1 needs a look" : `${trouble} need a look`;
  return `${all} ${all === 1 ? "host" : "hosts"}, ${online} online, ${trouble ? look : "all is well"}`;
}

/** @type {(host: Listed) => string} */
function described({ name, entry }) {
  const { hostname, os, kernel, cpu_model: model } = entry?.info ?? {};
  return [name, hostname, os, kernel, model].filter(Boolean).join("\n").toLowerCase();
}

/** @type {(a: number | null, b: number | null) => number | null} */
function sum(a, b) {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

/** @type {(a: number, b: number) => number} */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// host2 before host10.
const names = new Intl.Collator("en", { numeric: true });

/** @type {(a: Listed, b: Listed) => number} */
function byName(a, b) {
  return names.compare(a.name, b.name);
}
