import { fixed, joined, perSecond } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { grid } from "../feet/grid.js";
import { asPercent, line } from "./lines.js";

/** @typedef {import("../../common/readings.js").PerfEvents} PerfEvents */
/** @typedef {import("../feet/grid.js").Entry} Entry */

const MISSES = [
  line("Branch misses", "branch_miss_percent", "series-1"),
  line("L1 data misses", "l1d_miss_percent", "series-2"),
  line("Last level misses", "llc_miss_percent", "series-3"),
];
const MISS_FIELDS = ["branch_miss_percent", "l1d_miss_percent", "llc_miss_percent"];
const SOFTWARE = [["context-switches", "Context switches", "series-1"], ["page-faults", "Page faults", "series-2"]];

/** @type {import("../cards.js").View<PerfEvents>} */
const hardware = { lines: MISSES, ...asPercent };
/** @type {import("../cards.js").View<PerfEvents>} */
const software = {
  of: "event",
  lines: SOFTWARE.map(([part, label, color]) => ({
    label, color, part, field: "value", told: true,
    take: (one) => eachSecond(one, part),
    past: (find) => perInterval(find("event.value", part), find("interval_ms")),
  })),
  needs: ["event.value", "interval_ms"],
  format: (value) => joined(perSecond(value)),
  range: (max) => roundUp(max, 100),
};

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
  views: (reading) => [inHardware(reading) ? hardware : software],
  past: {
    fields: [...MISS_FIELDS, "event.value", "interval_ms"],
    views: (found) => [MISS_FIELDS.some((field) => found.has(field)) ? hardware : software],
  },
  feet: [grid({ caption: "Events per second", entries, lines: 6 })],
};

/** @type {(reading: PerfEvents) => boolean} */
function inHardware({ unsupported_events = [] }) {
  return !unsupported_events.includes("cycles") && !unsupported_events.includes("instructions");
}

// From history a reading has no text: what is no clock is a count all the same.
/** @type {(reading: PerfEvents, event: string) => number | null} */
function eachSecond({ events = {}, interval_ms }, event) {
  return perInterval(events[event]?.value, interval_ms);
}

/** @type {(value: number | null | undefined, milliseconds: number | null | undefined) => number | null} */
function perInterval(value, milliseconds) {
  return typeof value === "number" && milliseconds && milliseconds > 0 ? (value * 1000) / milliseconds : null;
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
