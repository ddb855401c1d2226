import { joined, percent, plain } from "../../common/format.js";
import { table } from "../feet/table.js";
import { asPercent, partLines } from "./lines.js";

/** @type {Record<string, string>} */
const NAMES = { cpu: "CPU", memory: "Memory", io: "I/O" };
const lines = partLines("resources", Object.keys(NAMES), "some_avg10_percent", (resource) => NAMES[resource]);

/** @type {import("../cards.js").Card<import("../../common/readings.js").Pressure>} */
export const pressure = {
  metric: "pressure",
  aside: () => "Time in which tasks had to wait",
  mains: lines.map(({ label, color, part, take }) => ({ name: part, label, color, take: (reading) => percent(take(reading)) })),
  views: [{ of: "resource", lines, ...asPercent }],
  feet: [table({
    caption: "Some task waited; all tasks waited (full)",
    lines: 3,
    rows: ({ resources }) => Object.entries(resources ?? {}),
    columns: [
      { label: "Waiting for", text: (_one, name) => NAMES[name] ?? name },
      .../** @type {const} */ ([60, 300]).map((seconds) => ({ label: `${seconds} s`, title: `Mean of the last ${seconds} s`, text: (/** @type {import("../../common/readings.js").Stall} */ one) => joined(percent(one[`some_avg${seconds}_percent`])) })),
      { label: "Full, 10 s", text: ({ full_avg10_percent }) => joined(percent(full_avg10_percent)) },
      { label: "Stalled", title: "Milliseconds waited in each second", text: ({ some_stall_ms_per_sec }) => plain(some_stall_ms_per_sec, 1, "ms/s") },
    ],
    link: { metric: "pressure", of: "resource", fields: ["some_avg10_percent"] },
  })],
};
