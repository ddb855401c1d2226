// Which hosts there are, and which one is shown.
import { clock } from "./clock.js";
import { at } from "./paths.js";

/**
 * What /api/hosts and the socket say of a host.
 * @typedef {object} Host
 * @property {string} host
 * @property {"collector" | "device"} kind
 * @property {"online" | "offline" | null} status
 * @property {string | null} since
 * @property {string | null} last_seen
 * @property {Record<string, string>} tags
 * @property {string | null} timestamp
 * @property {import("./readings.js").HostInfo | null} info
 * @property {import("./readings.js").DeviceInfo | null} [device] what is known of a device
 */

const KEY = "perfwatch.host";

// The answer of /api/hosts, or null when the server does not answer.
/** @type {() => Promise<Host[] | null>} */
export async function fetchHosts() {
  const response = await fetch(at("/api/hosts")).catch(() => null);
  if (!response?.ok) return null;
  clock.learn(response);
  return (await response.json()).hosts;
}

// The link's host, else the last one looked at here, else the first that is online.
/** @type {(hosts: Host[]) => string | null} */
export function choose(hosts) {
  const asked = new URLSearchParams(location.search).get("host");
  if (asked) return asked;
  const names = hosts.map(({ host }) => host);
  const remembered = localStorage.getItem(KEY);
  if (remembered !== null && names.includes(remembered)) return remembered;
  return (hosts.find(({ status }) => status === "online") ?? hosts[0])?.host ?? null;
}

/** @type {(host: string) => void} */
export function remember(host) {
  localStorage.setItem(KEY, host);
  const url = new URL(location.href);
  url.searchParams.set("host", host);
  history.replaceState(history.state, "", url);
}
