// The minutes before the page was opened.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { WINDOW_MS } from "../common/timeline.js";
import { FIGURES } from "./figures.js";

/** @typedef {import("../common/timeline.js").Row} Row */
/** @typedef {{ host: string, timestamp: string, data: Record<string, object> }} Point */

const POINTS = 32; // five minutes at 10 s

// Rows for the timelines of these hosts, by host. Empty when history cannot be had: live goes on without.
/** @type {(hosts: string[]) => Promise<Map<string, Row[]>>} */
export async function fetchPast(hosts) {
  const query = new URLSearchParams(hosts.map((host) => ["host", host]));
  const { times, hosts: found } = await ask(`/api/history/recent?${query}`).catch(() => ({ times: [], hosts: {} }));
  return new Map(Object.entries(found).map(([host, lines]) => [host, rows(times, /** @type {any} */ (lines))]));
}

/** @type {(times: number[], lines: Record<string, (number | null)[]>) => Row[]} */
function rows(times, lines) {
  const columns = FIGURES.map(({ name }) => lines[name] ?? []);
  const all = times.map((time, at) => /** @type {Row} */ ([time, ...columns.map((column) => column[at] ?? null)]));
  return all.filter(([, ...values]) => values.some((value) => value !== null));
}

// The points of one metric of a device.
/** @type {(metric: string, host: string) => Promise<Point[]>} */
export async function fetchMetric(metric, host) {
  const now = clock.now();
  const query = new URLSearchParams({
    metric_type: metric,
    host,
    start_time: new Date(now - WINDOW_MS).toISOString(),
    end_time: new Date(now + 1000).toISOString(),
    limit: String(POINTS),
  });
  const answer = await ask(`/api/history/metrics?${query}`).catch(() => null);
  return answer?.data_points ?? [];
}

/** @type {Promise<any> | null} */
let listed = null;

// The metrics that the history has of `host`: asking for one that it never had is an error.
/** @type {(host: string) => Promise<Set<string>>} */
export async function keptMetrics(host) {
  listed ??= ask("/api/history/metrics/types").catch(() => null);
  const { metric_types: kinds } = (await listed) ?? { metric_types: [] };
  const kept = kinds.filter((/** @type {{ hosts: string[] }} */ { hosts }) => hosts.includes(host));
  return new Set(kept.map((/** @type {{ metric_type: string }} */ { metric_type: metric }) => metric));
}
