import { fixed, frequency, joined, memory, percent, plain } from "../../common/format.js";
import { table } from "../feet/table.js";
import { asPercent, most, partLines, sum } from "./lines.js";

const MOST_LINES = 6;

/** @type {import("../cards.js").Card<import("../../common/readings.js").Gpus>} */
export const gpu = {
  metric: "gpu",
  aside: ({ gpus }) => [...new Set(all(gpus).map(({ model }) => model).filter(Boolean))].join(", "),
  mains: [{ name: "usage", take: ({ gpus }) => percent(most(all(gpus).map(({ usage_percent }) => usage_percent))) }],
  sides: [
    ["Memory", ({ gpus }) => `${joined(memory(sum(all(gpus).map((one) => one.memory_used_bytes))))} of ${joined(memory(sum(all(gpus).map((one) => one.memory_total_bytes))))}`],
    ["Power", ({ gpus }) => joined(fixed("W")(sum(all(gpus).map(({ power_watts }) => power_watts))))],
    ["Hottest", ({ gpus }) => joined(fixed("°C")(most(all(gpus).map(({ temperature_celsius }) => temperature_celsius))))],
  ],
  views: ({ gpus }) => [view(Object.keys(gpus ?? {}))],
  past: { fields: ["gpu.usage_percent"], views: (found) => [view(found.parts("gpu.usage_percent"))] },
  feet: [table({
    caption: "Each GPU",
    lines: 3,
    rows: ({ gpus }) => Object.entries(gpus ?? {}),
    columns: [
      { label: "GPU", text: (_one, name) => name },
      { label: "Usage", text: ({ usage_percent }) => joined(percent(usage_percent)) },
      { label: "Memory", meter: ({ memory_percent }) => memory_percent, text: ({ memory_percent }) => joined(percent(memory_percent)) },
      { label: "Temp.", text: ({ temperature_celsius }) => plain(temperature_celsius, 0, "°C") },
      { label: "Power", text: ({ power_watts }) => plain(power_watts, 0, "W") },
      { label: "Clock", text: ({ clock_mhz }) => frequency(clock_mhz) },
      { label: "Fan", text: ({ fan_percent }) => plain(fan_percent, 0, "%") },
    ],
    link: { metric: "gpu", of: "gpu", fields: ["usage_percent"] },
  })],
};

/** @type {(names: string[]) => import("../cards.js").View<import("../../common/readings.js").Gpus>} */
function view(names) {
  return { of: "gpu", lines: partLines("gpus", names.slice(0, MOST_LINES), "usage_percent"), ...asPercent };
}

/** @type {(gpus: Record<string, import("../../common/readings.js").Gpu> | undefined) => import("../../common/readings.js").Gpu[]} */
function all(gpus) {
  return Object.values(gpus ?? {});
}
