import { fixed, joined, percent, perSecond } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { grid } from "../feet/grid.js";
import { asPercent, line } from "./lines.js";

/** @typedef {import("../../common/readings.js").PerfEvents} PerfEvents */
/** @typedef {import("../feet/grid.js").Entry} Entry */

const MISSES = [
  line("Branches", "branch_miss_percent", "series-1"),
  line("L1 data", "l1d_miss_percent", "series-2"),
  line("Last level", "llc_miss_percent", "series-3"),
];
const SOFTWARE = [["context-switches", "Context switches", "series-1"], ["page-faults", "Page faults", "series-2"]];

/** @type {import("../cards.js").Card<PerfEvents>} */
export const perfEvents = {
  metric: "perf_events",
  expected: true,
  why: ({ available, reason }) => (available === false ? reason ?? "perf cannot count here." : null),
  ready: ({ available }) => available !== null,
  aside: ({ cpu_cores }) => (cpu_cores === "all" ? "All cores" : `Cores ${cpu_cores}`),
  // A virtual machine often counts in software only: then there is nothing to make ratios of.
  mains: (reading) => (inHardware(reading)
    ? [{ name: "ipc", label: "Instructions per cycle", take: ({ instructions_per_cycle }) => fixed("", 2)(instructions_per_cycle) }]
    : SOFTWARE.map(([event, label, color]) => ({ name: event, label, color, take: (one) => perSecond(eachSecond(one, event)) }))),
  sides: [
    ["Branch misses", ({ branch_miss_percent }) => joined(percent(branch_miss_percent))],
    ["L1 data misses", ({ l1d_miss_percent }) => joined(percent(l1d_miss_percent))],
    ["Last level misses", ({ llc_miss_percent }) => joined(percent(llc_miss_percent))],
  ],
  views: (reading) => [inHardware(reading) ? { lines: MISSES, ...asPercent } : software()],
  feet: [grid({ caption: "Events per second", entries, lines: 6 })],
};

/** @type {(reading: PerfEvents) => boolean} */
function inHardware({ unsupported_events = [] }) {
  return !unsupported_events.includes("cycles") && !unsupported_events.includes("instructions");
}

/** @type {() => import("../cards.js").View<PerfEvents>} */
function software() {
  const lines = SOFTWARE.map(([part, label, color]) => ({ label, color, part, field: "value", take: (/** @type {PerfEvents} */ one) => eachSecond(one, part) }));
  return { of: "event", lines, needs: ["event.value", "interval_ms"], format: (value) => joined(perSecond(value)), range: (max) => roundUp(max, 100) };
}

// From history a reading has no text: what is no clock is a count all the same.
/** @type {(reading: PerfEvents, event: string) => number | null} */
function eachSecond({ events = {}, interval_ms }, event) {
  const value = events[event]?.value;
  return typeof value === "number" && interval_ms && interval_ms > 0 ? (value * 1000) / interval_ms : null;
}

/** @type {(reading: PerfEvents) => Entry[]} */
function entries(reading) {
  /** @type {Entry[]} */
  const counts = Object.entries(reading.events ?? {}).map(([event, { unit }]) => {
    const each = eachSecond(reading, event);
    return [event, joined(unit === "msec" ? fixed("ms/s")(each) : perSecond(each)), each === null, each === null ? `${event}: perf had no counter free` : event];
  });
  return [...counts, ...(reading.unsupported_events ?? []).map((event) => /** @type {Entry} */ ([event, "not supported here", true]))];
}
