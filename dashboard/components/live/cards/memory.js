import { joined, memory as size, percent } from "../../common/format.js";

const SHARES = ["used", "cached", "buffers", "free"];

export const memory = {
  metric: "memory",
  lines: [
    { label: "Used", color: "series-3", fill: true },
    { label: "Swap", color: "series-4" },
  ],
  format: (value) => joined(percent(value)),
  range: () => 100,
  extract: ({ usage_percent, swap_percent }) => [usage_percent, swap_percent],
  show,
};

function show(parts, reading) {
  parts.value("memory-usage", percent(reading.usage_percent));
  parts.text("memory-used-of", `${joined(size(reading.used_bytes))} of ${joined(size(reading.total_bytes))}`);
  parts.text("memory-available", joined(size(reading.available_bytes)));
  parts.text("memory-swap", swap(reading));
  for (const share of SHARES) {
    const bytes = reading[`${share}_bytes`];
    const width = reading.total_bytes ? ((bytes ?? 0) / reading.total_bytes) * 100 : 0;
    parts.get(`bar-${share}`).style.width = `${width}%`;
    parts.text(`memory-${share}`, joined(size(bytes)));
  }
}

function swap({ swap_total_bytes, swap_used_bytes }) {
  if (swap_total_bytes === 0) return "none";
  return `${joined(size(swap_used_bytes))} of ${joined(size(swap_total_bytes))}`;
}
