import { roundUp } from "../../common/scale.js";
import { fixed, joined, percent, plain, span } from "../../common/format.js";
import { grid } from "../feet/grid.js";
import { table } from "../feet/table.js";
import { most, partLines } from "./lines.js";

const MOST_LINES = 4;
const degrees = fixed("°C");

/** @type {import("../cards.js").Card<import("../../common/readings.js").Sensors>} */
export const sensors = {
  metric: "sensors",
  aside: ({ temperatures }) => hottest(temperatures)[0]?.[0] ?? "",
  mains: [{ name: "hottest", label: "Hottest", color: "series-1", take: ({ temperatures }) => degrees(hottest(temperatures)[0]?.[1].celsius) }],
  sides: [
    ["Fastest fan", ({ fans }) => joined(fixed("rpm")(most(Object.values(fans ?? {}).map(({ rpm }) => rpm))))],
    ["Battery", battery],
  ],
  views: ({ temperatures }) => [view(hottest(temperatures).map(([name]) => name))],
  past: { fields: ["sensor.celsius"], views: (found) => [view(found.highest("sensor.celsius"))] },
  feet: [
    table({
      caption: "Temperatures",
      rows: ({ temperatures }) => Object.entries(temperatures ?? {}),
      columns: [
        { label: "Sensor", text: (_one, name) => name },
        { label: "Now", text: ({ celsius }) => plain(celsius, 1, "°C"), tone: (one) => ((one.celsius ?? 0) >= (one.high_celsius ?? Infinity) ? "warn" : "") },
        { label: "High", title: "The sensor's own limit", text: ({ high_celsius }) => plain(high_celsius, 0, "°C") },
        { label: "Critical", title: "The sensor's own limit", text: ({ critical_celsius }) => plain(critical_celsius, 0, "°C") },
      ],
      link: { metric: "sensors", of: "sensor", fields: ["celsius"] },
    }),
    grid({ caption: "Fans", lines: 2, entries: ({ fans }) => fanEntries(Object.entries(fans ?? {})) }),
  ],
};

/** @type {(names: string[]) => import("../cards.js").View<import("../../common/readings.js").Sensors>} */
function view(names) {
  return {
    of: "sensor",
    lines: partLines("temperatures", names.slice(0, MOST_LINES), "celsius"),
    format: (value) => joined(degrees(value)),
    range: (max) => roundUp(max, 50),
  };
}

/** @type {(temperatures: import("../../common/readings.js").Sensors["temperatures"]) => [string, import("../../common/readings.js").Temperature][]} */
function hottest(temperatures) {
  return Object.entries(temperatures ?? {}).filter(([, { celsius }]) => typeof celsius === "number").sort(([, a], [, b]) => (b.celsius ?? 0) - (a.celsius ?? 0));
}

/** @type {(reading: import("../../common/readings.js").Sensors) => string} */
function battery({ battery_percent, battery_plugged, battery_seconds_left }) {
  if (typeof battery_percent !== "number") return "none";
  const left = battery_plugged ? "plugged in" : battery_seconds_left && `${span(battery_seconds_left)} left`;
  return [joined(percent(battery_percent)), left].filter(Boolean).join(", ");
}

/** @type {(fans: [string, import("../../common/readings.js").Fan][]) => import("../feet/grid.js").Entry[]} */
function fanEntries(fans) {
  return fans.length ? fans.map(([name, { rpm }]) => [name, plain(rpm, 0, "rpm")]) : [["None", "", true]];
}
