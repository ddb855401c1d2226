// What each part says of itself.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { age, bytes, dated, joined, plain, span } from "../common/format.js";
import { metricName } from "../common/metrics.js";
import { element } from "../common/parts.js";
import { count, facts } from "../common/forms.js";

/** @typedef {[text: string, kind: "good" | "warn" | "bad"]} State of a badge */

export class System {
  live = true;
  #place;
  #signal;

  /** @param {import("../common/forms.js").Given} given */
  constructor({ parts, signal }) {
    this.#place = parts.get("system");
    this.#signal = signal;
  }

  async load() {
    const told = await ask("/api/system", { signal: this.#signal });
    // Open lists stay open over a refresh.
    const open = new Set([...this.#place.querySelectorAll("details[open]")].map((/** @type {HTMLElement} */ { dataset }) => dataset.host));
    this.#place.replaceChildren(perfwatch(told), broker(told.broker), store(told.store), ...bridges(told.bridges), collectors(told.collectors, open));
  }
}

/** @type {(title: string, state: State | null, ...content: HTMLElement[]) => HTMLElement} */
function panel(title, state, ...content) {
  const heading = element("h3", "", title);
  if (state) heading.append(badge(state));
  return element("article", "panel", heading, ...content);
}

/** @type {(state: State) => HTMLElement} */
function badge([text, kind]) {
  const made = element("span", "badge", text);
  made.dataset.kind = kind;
  return made;
}

/** @type {(told: any) => HTMLElement} */
function perfwatch({ version, python, platform, dashboard }) {
  return panel(
    "PerfWatch",
    null,
    facts([
      ["Version", version],
      ["Python", python],
      ["Runs on", platform],
      ["Dashboard up for", span(dashboard.uptime_seconds)],
      ["Its memory", joined(bytes(dashboard.memory_bytes))],
      ["Watching now", count(dashboard.viewers, "viewer")],
    ]),
  );
}

/** @type {(told: any) => HTMLElement} */
function broker({ address, connected, since, version, denied }) {
  return panel(
    "Broker",
    connected ? ["connected", "good"] : ["away", "bad"],
    facts([
      ["Address", address],
      ["Version", version],
      ["Connected since", connected ? dated(since) : "not connected; trying again by itself"],
    ]),
    ...denied.map(denial),
  );
}

/** @type {(told: {account: string, topic: string, at: string, advice: string}) => HTMLElement} */
function denial({ account, topic, at, advice }) {
  const made = element("p", "said", `${dated(at)}: ${account} may not publish ${topic}. ${advice}`);
  made.dataset.kind = "away";
  return made;
}

/** @type {(told: any) => HTMLElement} */
function store({ kind, place, bytes: size, oldest, newest, problem }) {
  return panel(
    "History",
    problem ? ["away", "bad"] : ["well", "good"],
    facts([
      ["Kept in", kind],
      ["Place", place],
      ["Size", joined(bytes(size))],
      ["Oldest reading", dated(oldest)],
      ["Newest reading", dated(newest)],
    ]),
    ...(problem ? [element("p", "said", problem)] : []),
  );
}

/** @type {(found: any[]) => HTMLElement[]} */
function bridges(found) {
  if (found.length) return found.map(bridge);
  return [panel("Bridge", ["none", "bad"], element("p", "hint", "No bridge is on the broker: nothing is written to the history. Start one with perfwatch bridge."))];
}

/** @type {(told: any) => HTMLElement} */
function bridge({ bridge: name, status, last_heard: heard, stats }) {
  const title = name === "bridge" ? "Bridge" : `Bridge ${name}`;
  if (!stats) return panel(title, presence(status), element("p", "hint", "Its numbers come every ten seconds."));
  const spool = stats.spooled
    ? `${count(stats.spooled, "reading")}, ${joined(bytes(stats.spool_bytes))}, the oldest for ${span(stats.spool_age_seconds)}`
    : "empty";
  return panel(
    title,
    stats.store_away && status === "online" ? ["history away", "warn"] : presence(status),
    facts([
      ["Version", stats.version],
      ["Up for", span(stats.uptime_seconds)],
      ["Received", plain(stats.received)],
      ["Written", plain(stats.written)],
      ["Rejected", plain(stats.rejected)],
      ...leftOut(stats),
      ["Waiting", plain(stats.waiting)],
      ["Spool", spool],
      ["Behind by", stats.lag_ms === null ? "–" : `${plain(stats.lag_ms)} ms`],
      ["Last heard", age(clock.now() - Date.parse(heard))],
    ]),
  );
}

/** @type {(stats: any) => [string, string][]} */
function leftOut({ left_out: numbers, full_hosts: hosts }) {
  return numbers ? [["Left out", `${count(numbers, "number")} under new names: ${hosts.join(", ")} at the limit of series`]] : [];
}

/** @type {(status: string | null) => State} */
function presence(status) {
  return status === "online" ? ["online", "good"] : [status ?? "unknown", "bad"];
}

/** @type {(found: any[], open: Set<string | undefined>) => HTMLElement} */
function collectors(found, open) {
  const rows = found.map((one) => collector(one, open));
  if (!rows.length) rows.push(element("p", "hint", "No collector is on the broker. Start one with perfwatch collector."));
  return panel("Collectors", null, ...rows);
}

/** @type {(told: any, open: Set<string | undefined>) => HTMLElement} */
function collector({ host, status, version, interval, sources, twin }, open) {
  /** @type {[string, string | null][]} */
  const all = Object.entries(sources);
  const without = all.filter(([, reason]) => reason !== null);
  const summary = element(
    "summary",
    "",
    element("span", "name", host),
    badge(presence(status)),
    element("span", "aside", `${version}, every ${plain(interval, interval % 1 ? 1 : 0)} s, ${all.length - without.length} of ${count(all.length, "source")} available`),
  );
  if (twin) summary.append(element("span", "notice warn", `Another machine, ${twin}, publishes as ${host} too: give each a name of its own.`));
  const made = element("details", "collector", summary, facts(all.map(([name, reason]) => [metricName(name), reason ?? "available"])));
  made.dataset.host = host;
  made.open = open.has(host);
  return made;
}
