// The one sentence above the cards, about what matters most. Empty when all is well.
import { moment } from "../common/format.js";

/** @typedef {import("../common/hosts.js").Host} Host */
/**
 * @typedef {object} State
 * @property {string | null} host
 * @property {Host[]} hosts
 * @property {number | null} shown time of the reading shown, in ms
 * @property {boolean} late whether one is overdue
 * @property {{ broker?: string | null, store?: string | null }} trouble
 * @property {string | null} unfilled why the charts have no past
 */

const BEGIN = "Readings appear here by themselves as soon as a collector publishes: start one with “perfwatch collector”.";

/** @type {(state: State) => { text: string, tone: string }} */
export function notice({ host, hosts, shown, late, trouble, unfilled }) {
  const entry = hosts.find((one) => one.host === host);
  if (trouble.broker) return { text: trouble.broker, tone: "bad" };
  if (host === null) return { text: hosts.length ? "" : `No readings yet. ${BEGIN}`, tone: "" };
  if (!entry && shown === null) return { text: unknown(host, hosts), tone: "warn" };
  if (entry?.status === "offline") return { text: offline(host, entry, shown), tone: "warn" };
  if (late) return { text: silent(host, entry, shown), tone: "warn" };
  if (unfilled) return { text: `The charts begin now, because their past cannot be read: ${unfilled}`, tone: "warn" };
  return { text: "", tone: "" };
}

/** @type {(host: string, hosts: Host[]) => string} */
function unknown(host, hosts) {
  const others = hosts.length ? ` Known are ${hosts.map((one) => one.host).join(", ")}: choose one above.` : "";
  return `There is no host called ${host}.${others} ${BEGIN}`;
}

/** @type {(host: string, entry: Host, shown: number | null) => string} */
function offline(host, { since }, shown) {
  const last = shown ?? (since ? Date.parse(since) : null);
  if (shown === null && last !== null) return `${host} is offline since ${moment(last)}. Its last readings are in History.`;
  if (last === null) return `${host} is offline, and its last reading is no longer on the broker. Start its collector, or look into History.`;
  return `${host} is offline since ${moment(last)}. What is shown is its last reading.`;
}

/** @type {(host: string, entry: Host | undefined, shown: number | null) => string} */
function silent(host, entry, shown) {
  const since = shown === null ? "yet" : `since ${moment(shown)}`;
  if (entry?.kind === "device") return `No reading of ${host} ${since}. It publishes by itself: check that it is on and reaches the broker.`;
  return `No reading of ${host} ${since}, although it says that it is online. Look at its collector's log.`;
}
