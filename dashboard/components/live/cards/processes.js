import { joined, memory, percent, plain } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { table } from "../feet/table.js";
import { asCount, line } from "./lines.js";

const TOP = 5;
/** @type {import("../cards.js").View<import("../../common/readings.js").Processes>} */
const TASKS = {
  lines: [line("Running", "running", "series-1"), line("Blocked", "blocked", "series-2")],
  format: asCount,
  range: (max) => roundUp(max, 2),
};

/** @type {import("../cards.js").Card<import("../../common/readings.js").Processes>} */
export const processes = {
  metric: "processes",
  charted: false,
  aside: () => "CPU as percent of one core",
  mains: [{ name: "count", take: ({ count }) => ({ number: plain(count), unit: "" }) }],
  sides: [
    ["Threads", ({ threads }) => plain(threads)],
    ["Running", ({ running }) => plain(running)],
    ["Blocked", ({ blocked }) => plain(blocked), "Waiting for a disk or a device"],
    ["Zombies", ({ zombies }) => plain(zombies)],
  ],
  past: { fields: ["running", "blocked"], views: () => [TASKS] },
  feet: [
    top("By CPU", "cpu_percent", { label: "CPU", text: ({ cpu_percent }) => joined(percent(cpu_percent)) }),
    top("By memory", "memory_bytes", { label: "Memory", text: ({ memory_bytes }) => joined(memory(memory_bytes)) }),
  ],
};

/** @type {(caption: string, field: "cpu_percent" | "memory_bytes", column: import("../feet/table.js").Column<import("../../common/readings.js").TopProcess>) => import("../cards.js").Foot<import("../../common/readings.js").Processes>} */
function top(caption, field, column) {
  return table({
    caption,
    lines: TOP,
    rows: ({ top: found }) => Object.entries(found ?? {}).sort(([, a], [, b]) => (b[field] ?? 0) - (a[field] ?? 0)).slice(0, TOP),
    columns: [{ label: "Name", text: ({ processes: count }, name) => (count && count > 1 ? `${name} × ${count}` : name) }, column],
    link: { metric: "processes", of: "process", fields: [field] },
  });
}
