// The minutes before the page was opened, from the history store.
import { ask } from "./ask.js";
import { clock } from "./clock.js";
import { WINDOW_MS } from "./timeline.js";

// The readings of one metric, oldest first: [{time in ms, reading}], with those fields (`usage_percent`,
// `core.usage_percent`). Throws Failed with a sentence.
/** @type {(metric: string, host: string, fields: string[], signal: AbortSignal) => Promise<{ time: number, reading: any }[]>} */
export async function fetchPast(metric, host, fields, signal) {
  const now = clock.now();
  const query = new URLSearchParams({
    metric_type: metric,
    start_time: new Date(now - WINDOW_MS).toISOString(),
    end_time: new Date(now + 1000).toISOString(),
    interval: "auto",
    host,
  });
  for (const field of fields) query.append("field", field);
  const { data_points: points } = await ask(`/api/history/metrics?${query}`, { signal });
  return points.map((/** @type {{ timestamp: string, data: unknown }} */ { timestamp, data }) => ({ time: Date.parse(timestamp), reading: data }));
}
