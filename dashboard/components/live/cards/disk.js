import { bytes, joined, percent, plain, rate } from "../../common/format.js";
import { table } from "../feet/table.js";
import { asRate, line, most, sum } from "./lines.js";

/** @typedef {import("./lines.js").Numbers} Numbers */

const FULL_PERCENT = 90;

/** @type {import("../cards.js").Card<import("../../common/readings.js").Disk>} */
export const disk = {
  metric: "disk",
  expected: true,
  aside: () => "All disks",
  mains: [
    { name: "read", label: "Read", color: "series-3", take: ({ read_bytes_per_sec }) => rate(read_bytes_per_sec) },
    { name: "write", label: "Write", color: "series-4", take: ({ write_bytes_per_sec }) => rate(write_bytes_per_sec) },
  ],
  sides: [
    ["IOPS r / w", ({ devices }) => pair(wholeDisks(devices), "iops", sum, 0)],
    ["Latency r / w", ({ devices }) => `${pair(wholeDisks(devices), "latency_ms", most, 1)} ms`, "Of the slowest disk"],
  ],
  views: [{
    lines: [line("Read", "read_bytes_per_sec", "series-3", { fill: true, told: true }), line("Write", "write_bytes_per_sec", "series-4", { told: true })],
    ...asRate,
  }],
  feet: [
    table({
      caption: "Devices",
      lines: 3,
      rows: ({ devices }) => Object.entries(devices ?? {}).sort(([, a], [, b]) => moved(b) - moved(a)),
      columns: [
        { label: "Device", text: (_one, name) => name },
        { label: "Read", text: ({ read_bytes_per_sec }) => joined(rate(read_bytes_per_sec)) },
        { label: "Write", text: ({ write_bytes_per_sec }) => joined(rate(write_bytes_per_sec)) },
        { label: "IOPS r / w", text: (one) => pair([one], "iops", most, 0) },
        { label: "ms r / w", title: "Milliseconds an operation took", text: (one) => pair([one], "latency_ms", most, 1) },
      ],
      link: { metric: "disk", of: "device", fields: ["read_bytes_per_sec", "write_bytes_per_sec"] },
    }),
    table({
      caption: "Partitions",
      lines: 3,
      // The fullest first: that is the one to look at.
      rows: ({ partitions }) => Object.entries(partitions ?? {}).sort(([, a], [, b]) => (b.usage_percent ?? 0) - (a.usage_percent ?? 0)),
      columns: [
        { label: "Mounted at", text: (_one, name) => name },
        { label: "Full", meter: ({ usage_percent }) => usage_percent, text: ({ usage_percent }) => joined(percent(usage_percent)), tone: ({ usage_percent }) => ((usage_percent ?? 0) >= FULL_PERCENT ? "warn" : "") },
        { label: "Free", text: ({ free_bytes }) => joined(bytes(free_bytes)) },
        { label: "Of", text: ({ total_bytes }) => joined(bytes(total_bytes)) },
      ],
      link: { metric: "disk", of: "mountpoint", fields: ["usage_percent"] },
    }),
  ],
};

// A disk counts its partitions' operations already, and the disks below a stacked one are listed too.
/** @type {(devices?: Record<string, import("../../common/readings.js").Device>) => import("../../common/readings.js").Device[]} */
function wholeDisks(devices = {}) {
  return Object.values(devices).filter(({ counted }) => counted !== false);
}

/** @type {(disks: import("../../common/readings.js").Device[], field: "iops" | "latency_ms", pick: (values: Numbers) => number | null, digits: number) => string} */
function pair(disks, field, pick, digits) {
  const ways = /** @type {const} */ (["read", "write"]);
  return ways.map((way) => plain(pick(disks.map((one) => one[`${way}_${field}`])), digits)).join(" / ");
}

/** @type {(device: import("../../common/readings.js").Device) => number} */
function moved({ read_bytes, write_bytes }) {
  return (read_bytes ?? 0) + (write_bytes ?? 0);
}
