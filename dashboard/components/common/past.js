// The minutes before the page was opened, from the history store.
import { clock } from "./clock.js";
import { WINDOW_MS } from "./timeline.js";

// Rows for a timeline: [time in ms, values…]. Empty when history cannot be had: live goes on without.
export async function fetchPast(card, host) {
  const now = clock.now();
  const query = new URLSearchParams({
    metric_type: card.metric,
    start_time: new Date(now - WINDOW_MS).toISOString(),
    end_time: new Date(now + 1000).toISOString(),
    interval: "auto",
    host,
  });
  const response = await fetch(`/api/history/metrics?${query}`).catch(() => null);
  if (!response?.ok) return [];
  const { data_points: points } = await response.json();
  return points.map(({ timestamp, data }) => [Date.parse(timestamp), ...card.extract(data)]);
}
