// What is known of a device: what it is, where, and how it is itself.
import { sourceName } from "../common/sources.js";
import { written } from "../common/units.js";

/** @typedef {import("../common/hosts.js").Host} Host */
/** @typedef {{ battery?: number, link?: string, available?: boolean }} Condition */
/** @typedef {{ name: string, options: [value: string, text: string][] }} Group */

const LINKS = ["linkquality", "link_quality", "wifi_rssi_percent", "wifi_signal_dbm", "rssi_dbm"];

/** @type {(host: Host) => string} */
function roomOf({ tags, device }) {
  return tags?.room ?? device?.tags?.room ?? "";
}

/** @type {(host: Host, condition: Condition) => string[]} */
export function deviceFacts(host, { battery: charge, link, available }) {
  const { device } = host;
  if (!device) return [];
  const model = [(device.model ?? "").startsWith(device.manufacturer ?? "") ? "" : device.manufacturer, device.model].filter(Boolean).join(" ");
  const name = device.name && device.name !== host.host ? device.name : "";
  const power = charge === undefined ? "" : `battery ${Math.round(charge)}\u00a0%`;
  const there = available === undefined ? "" : available ? "available" : "unavailable";
  return [name, roomOf(host), model, `by ${sourceName(device.source ?? "")}`, power, link ? `link ${link}` : "", there].filter(Boolean);
}

// What a reading tells of the device itself.
/** @type {(reading: Record<string, any>) => Condition} */
export function conditionOf(reading) {
  const link = LINKS.find((name) => typeof reading[name] === "number");
  return {
    ...(typeof reading.battery_percent === "number" ? { battery: reading.battery_percent } : {}),
    ...(link ? { link: written("", link, Math.round(reading[link])).replace(".0 ", " ") } : {}),
    ...(typeof reading.available === "number" ? { available: reading.available === 1 } : {}),
  };
}

// Hosts first, then devices room by room, those of no room last.
/** @type {(hosts: Host[]) => Group[]} */
export function byRoom(hosts) {
  const rooms = [...new Set(hosts.filter(isDevice).map(roomOf))].sort((a, b) => (a === "" ? 1 : b === "" ? -1 : a.localeCompare(b)));
  const groups = [
    { name: "Hosts", all: hosts.filter((one) => !isDevice(one)) },
    ...rooms.map((room) => ({ name: room || "Devices", all: hosts.filter((one) => isDevice(one) && roomOf(one) === room) })),
  ];
  return groups.filter(({ all }) => all.length).map(({ name, all }) => ({ name, options: all.map(option) }));
}

/** @type {(host: Host) => [string, string]} */
function option({ host, status }) {
  return [host, status === "offline" ? `${host} (offline)` : host];
}

/** @param {Host} host */
function isDevice({ kind }) {
  return kind === "device";
}
