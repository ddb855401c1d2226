import { joined, memory, percent, plain, rate } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { table } from "../feet/table.js";
import { sum } from "./lines.js";

/** @type {import("../cards.js").Card<import("../../common/readings.js").Containers>} */
export const containers = {
  metric: "containers",
  aside: ({ age_seconds }) => (typeof age_seconds === "number" ? `asked ${plain(age_seconds, 0)} s ago` : ""),
  mains: [{ name: "running", take: ({ running, count }) => ({ number: plain(running), unit: `of ${plain(count)} running` }) }],
  sides: [
    ["CPU", ({ containers: all }) => joined(percent(total(all, "cpu_percent"))), "Of one core, all containers together"],
    ["Memory", ({ containers: all }) => joined(memory(total(all, "memory_bytes")))],
  ],
  views: [{
    of: "container",
    fields: ["cpu_percent"],
    lines: [{ label: "CPU of all", color: "series-1", fill: true, told: true, sums: true, take: ({ containers: all }) => total(all, "cpu_percent"), past: (_find, all) => sum(all("container.cpu_percent")) }],
    format: (value) => joined(percent(value)),
    range: (max) => roundUp(max, 10),
  }],
  feet: [table({
    caption: "Each container",
    lines: 6,
    rows: ({ containers: all }) => Object.entries(all ?? {}).sort(order),
    columns: [
      { label: "Name", text: (_one, name) => name },
      { label: "State", text: ({ state }) => state ?? "–", tone: ({ state }) => (state === "running" ? "" : "faint") },
      { label: "CPU", text: ({ cpu_percent }) => joined(percent(cpu_percent)) },
      { label: "Memory", text: ({ memory_bytes }) => joined(memory(memory_bytes)) },
      { label: "↓", title: "Received", text: ({ bytes_recv_per_sec }) => joined(rate(bytes_recv_per_sec)) },
      { label: "↑", title: "Sent", text: ({ bytes_sent_per_sec }) => joined(rate(bytes_sent_per_sec)) },
    ],
    link: { metric: "containers", of: "container", fields: ["cpu_percent"] },
    empty: () => "No containers",
  })],
};

/** @type {(all: Record<string, import("../../common/readings.js").Container> | undefined, field: "cpu_percent" | "memory_bytes") => number | null} */
function total(all, field) {
  return sum(Object.values(all ?? {}).map((one) => one[field]));
}

// Those that run first, each group by name: by their load they would change places all the time.
/** @type {(a: [string, import("../../common/readings.js").Container], b: [string, import("../../common/readings.js").Container]) => number} */
function order([a, one], [b, other]) {
  return Number(other.state === "running") - Number(one.state === "running") || a.localeCompare(b);
}
