// The minutes before the page was opened, of all hosts at once.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { WINDOW_MS } from "../common/timeline.js";
import { figures, row } from "./figures.js";

/** @typedef {import("../common/timeline.js").Row} Row */
/** @typedef {{ host: string, timestamp: string, data: Record<string, object> }} Point */

const POINTS = 32; // five minutes at 10 s
/** @type {Record<string, string[]>} */
const FIELDS = {
  cpu: ["usage_percent", "core.temperature_celsius"],
  memory: ["usage_percent"],
  disk: ["mountpoint.usage_percent"],
  network: ["bytes_recv_per_sec", "bytes_sent_per_sec"],
  sensors: ["sensor.celsius"],
  gpu: ["gpu.temperature_celsius"],
};

// Rows for each host's timeline, by host. Empty when history cannot be had: live goes on without.
/** @type {() => Promise<Map<string, Row[]>>} */
export async function fetchPast() {
  const metrics = Object.keys(FIELDS);
  const answers = await Promise.all(metrics.map((metric) => fetchMetric(metric, FIELDS[metric])));
  /** @type {Map<string, Map<string, Record<string, object>>>} */
  const ticks = new Map();
  answers.forEach((points, index) => {
    for (const { host, timestamp, data } of points) {
      const tick = entry(entry(ticks, host, () => new Map()), timestamp, () => ({}));
      tick[metrics[index]] = data;
    }
  });
  return new Map([...ticks].map(([host, byTime]) => [host, rows(byTime)]));
}

// The points of one metric of every host, or of `host`.
/** @type {(metric: string, fields?: string[], host?: string | null) => Promise<Point[]>} */
export async function fetchMetric(metric, fields = [], host = null) {
  const now = clock.now();
  const query = new URLSearchParams({
    metric_type: metric,
    start_time: new Date(now - WINDOW_MS).toISOString(),
    end_time: new Date(now + 1000).toISOString(),
    limit: String(POINTS),
  });
  for (const field of fields) query.append("field", field);
  if (host) query.set("host", host);
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

/** @type {(byTime: Map<string, import("../common/readings.js").Readings>) => Row[]} */
function rows(byTime) {
  const found = [...byTime].map(([timestamp, data]) => /** @type {Row} */ ([Date.parse(timestamp), ...row(figures(data))]));
  return found.sort(([a], [b]) => a - b);
}

/** @type {<V>(map: Map<string, V>, key: string, make: () => V) => V} */
function entry(map, key, make) {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
