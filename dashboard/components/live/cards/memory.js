import { joined, memory as size, percent, plain } from "../../common/format.js";
import { shares } from "../feet/shares.js";
import { line } from "./lines.js";

/** @type {import("../cards.js").Card<import("../../common/readings.js").Memory>} */
export const memory = {
  metric: "memory",
  expected: true,
  aside: ({ used_bytes, total_bytes }) => `${joined(size(used_bytes))} of ${joined(size(total_bytes))}`,
  mains: [{ name: "usage", take: ({ usage_percent }) => percent(usage_percent) }],
  sides: [
    ["Available", ({ available_bytes }) => joined(size(available_bytes))],
    ["Shared", ({ shared_bytes }) => joined(size(shared_bytes))],
    ["Swap", swap],
    ["Huge pages", hugepages, "In use and reserved, of all"],
  ],
  views: [{
    lines: [line("Used", "usage_percent", "series-3", { fill: true, told: true }), line("Swap", "swap_percent", "series-4")],
    format: (value) => joined(percent(value)),
    range: () => 100,
  }],
  feet: [shares({
    caption: "What it is used for",
    shares: [
      { label: "Used", color: "series-3", take: ({ used_bytes }) => used_bytes },
      { label: "Cached", color: "series-1", take: ({ cached_bytes }) => cached_bytes },
      { label: "Buffers", color: "series-2", take: ({ buffers_bytes }) => buffers_bytes },
      { label: "Free", color: "border", take: ({ free_bytes }) => free_bytes },
    ],
    whole: ({ total_bytes }) => total_bytes,
    format: (value) => joined(size(value)),
  })],
};

/** @type {(reading: import("../../common/readings.js").Memory) => string} */
function swap({ swap_total_bytes, swap_used_bytes }) {
  if (swap_total_bytes === 0) return "none";
  return `${joined(size(swap_used_bytes))} of ${joined(size(swap_total_bytes))}`;
}

/** @type {(reading: import("../../common/readings.js").Memory) => string} */
function hugepages({ hugepages_total, hugepages_free, hugepages_reserved }) {
  if (!hugepages_total) return hugepages_total === 0 ? "none" : "–";
  return `${plain(hugepages_total - (hugepages_free ?? 0))} + ${plain(hugepages_reserved)} of ${plain(hugepages_total)}`;
}
