import { mean, percent } from "../../common/format.js";
import { asPercent } from "./lines.js";

/** @typedef {import("../../common/readings.js").CpuCores} CpuCores */

const STATES = /** @type {const} */ ([["User", "user"], ["System", "system"], ["I/O wait", "iowait"], ["Interrupts", "irq"], ["Soft interrupts", "softirq"], ["Stolen", "steal"]]);

/** @type {import("../cards.js").Card<CpuCores>} */
export const cpuCores = {
  metric: "cpu_cores",
  aside: () => "Mean of all cores, and each core over time",
  mains: STATES.slice(0, 3).map(([label, state]) => ({ name: state, label, take: (reading) => percent(mean(reading[state])) })),
  views: ({ user = [] }) => STATES.map(([name, state]) => (
    { name, of: "core", fields: [state], row: "Core", rows: user.length, take: (reading) => reading[state] ?? [], format: asPercent.format }
  )),
};
