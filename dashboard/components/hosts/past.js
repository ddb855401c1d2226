// The minutes before the page was opened, of all hosts at once.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { WINDOW_MS } from "../common/timeline.js";
import { figures, row } from "./figures.js";

const POINTS = 32; // five minutes at 10 s
const FIELDS = {
  cpu: ["usage_percent", "core.temperature_celsius"],
  memory: ["usage_percent"],
  disk: ["mountpoint.usage_percent"],
  network: ["bytes_recv_per_sec", "bytes_sent_per_sec"],
  sensors: ["sensor.celsius"],
  gpu: ["gpu.temperature_celsius"],
};

// Rows for each host's timeline, by host. Empty when history cannot be had: live goes on without.
export async function fetchPast() {
  const metrics = Object.keys(FIELDS);
  const answers = await Promise.all(metrics.map((metric) => fetchMetric(metric, FIELDS[metric])));
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
export async function fetchMetric(metric, fields = [], host = null) {
  const now = clock.now();
  const query = new URLSearchParams({
    metric_type: metric,
    start_time: new Date(now - WINDOW_MS).toISOString(),
    end_time: new Date(now + 1000).toISOString(),
    limit: POINTS,
  });
  for (const field of fields) query.append("field", field);
  if (host) query.set("host", host);
  const answer = await ask(`/api/history/metrics?${query}`).catch(() => null);
  return answer?.data_points ?? [];
}

let listed = null;

// The metrics that the history has of `host`: asking for one that it never had is an error.
export async function keptMetrics(host) {
  listed ??= ask("/api/history/metrics/types").catch(() => null);
  const { metric_types: kinds } = (await listed) ?? { metric_types: [] };
  return new Set(kinds.filter(({ hosts }) => hosts.includes(host)).map(({ metric_type: metric }) => metric));
}

function rows(byTime) {
  return [...byTime].map(([timestamp, data]) => [Date.parse(timestamp), ...row(figures(data))]).sort(([a], [b]) => a - b);
}

function entry(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}
