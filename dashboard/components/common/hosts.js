// Which hosts there are, and which one is shown.
import { clock } from "./clock.js";
import { at } from "./paths.js";

const KEY = "perfwatch.host";

// The answer of /api/hosts, or null when the server does not answer.
export async function fetchHosts() {
  const response = await fetch(at("/api/hosts")).catch(() => null);
  if (!response?.ok) return null;
  clock.learn(response);
  return (await response.json()).hosts;
}

// The link's host, else the last one looked at here, else the first that is online.
export function choose(hosts) {
  const asked = new URLSearchParams(location.search).get("host");
  if (asked) return asked;
  const names = hosts.map(({ host }) => host);
  const remembered = localStorage.getItem(KEY);
  if (names.includes(remembered)) return remembered;
  return (hosts.find(({ status }) => status === "online") ?? hosts[0])?.host ?? null;
}

export function remember(host) {
  localStorage.setItem(KEY, host);
  const url = new URL(location.href);
  url.searchParams.set("host", host);
  history.replaceState(history.state, "", url);
}
