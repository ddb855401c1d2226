import { fixed, frequency, joined, mean, percent, perSecond, plain } from "../../common/format.js";
import { cores } from "../feet/cores.js";
import { asPercent, growth, line, most, sum } from "./lines.js";

/** @typedef {import("../../common/readings.js").Cpu} Cpu */

/** @type {import("../cards.js").Line<Cpu>[]} */
const TIMES = [
  line("User", "user", "series-1"),
  line("System", "system", "series-3"),
  line("I/O wait", "iowait", "series-2"),
  { label: "Other", field: "steal", color: "series-4", take: ({ irq, softirq, steal }) => sum([irq, softirq, steal]), past: (find) => sum([find("irq"), find("softirq"), find("steal")]) },
];
const NEEDS = ["user", "system", "iowait", "irq", "softirq", "steal"];
/** @type {import("../cards.js").View<Cpu>} */
const TOTAL = { name: "Total", lines: TIMES, needs: NEEDS, stacked: true, whole: line("Usage", "usage_percent", "text"), ...asPercent };

/** @type {import("../cards.js").Card<import("../../common/readings.js").Cpu>} */
export const cpu = {
  metric: "cpu",
  expected: true,
  aside: (_reading, { info }) => info?.cpu_model,
  mains: [{ name: "usage", take: ({ usage_percent }) => percent(usage_percent) }],
  sides: [
    ["Load 1, 5, 15 min", ({ load_average }) => load_average?.map((value) => plain(value, 2)).join("  ") || "–"],
    ["Temperature", ({ temperature_celsius }) => joined(fixed("°C")(most(temperature_celsius ?? []))), "Of the hottest sensor"],
    ["Frequency", ({ frequency_mhz }) => frequency(mean(frequency_mhz)), "Mean of all cores"],
    ["Interrupts", (reading, { past }) => joined(perSecond(growth(reading, past, "interrupts")))],
    ["Switches", (reading, { past }) => joined(perSecond(growth(reading, past, "context_switches"))), "Context switches"],
  ],
  views: ({ per_core = [] }) => /** @type {import("../cards.js").View<Cpu>[]} */ ([
    TOTAL,
    { name: "Cores", of: "core", fields: ["usage_percent"], row: "Core", rows: per_core.length, take: (reading) => reading.per_core ?? [], format: asPercent.format },
  ]).filter(({ rows }) => rows !== 0),
  past: { fields: ["usage_percent", ...NEEDS], views: () => [TOTAL] },
  feet: [cores({ caption: "Each core now", take: ({ per_core }) => per_core ?? [] })],
};
