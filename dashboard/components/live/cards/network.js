import { joined, plain, rate } from "../../common/format.js";
import { table } from "../feet/table.js";
import { asRate, line } from "./lines.js";

/** @type {import("../cards.js").Card<import("../../common/readings.js").Network>} */
export const network = {
  metric: "network",
  expected: true,
  aside: () => "Each byte once",
  mains: [
    { name: "recv", label: "↓ Download", color: "series-1", take: ({ bytes_recv_per_sec }) => rate(bytes_recv_per_sec) },
    { name: "sent", label: "↑ Upload", color: "series-2", take: ({ bytes_sent_per_sec }) => rate(bytes_sent_per_sec) },
  ],
  sides: [
    ["TCP", ({ connections }) => plain(connections?.tcp?.established), "Established connections"],
    ["Waiting", ({ connections }) => waiting(connections?.tcp ?? {}), "In TIME_WAIT and CLOSE_WAIT"],
    ["Listening", ({ connections }) => plain(connections?.tcp?.listen)],
    ["UDP", ({ connections }) => plain(connections?.udp?.count)],
  ],
  views: [{
    lines: [line("Download", "bytes_recv_per_sec", "series-1", { fill: true, told: true }), line("Upload", "bytes_sent_per_sec", "series-2", { told: true })],
    ...asRate,
  }],
  feet: [table({
    caption: "Interfaces",
    rows: ({ interfaces }) => Object.entries(interfaces ?? {}).sort((a, b) => carried(b) - carried(a)),
    columns: [
      { label: "Interface", text: (_one, name) => name },
      { label: "↓ Download", text: ({ bytes_recv_per_sec }) => joined(rate(bytes_recv_per_sec)) },
      { label: "↑ Upload", text: ({ bytes_sent_per_sec }) => joined(rate(bytes_sent_per_sec)) },
      { label: "Errors", title: "In and out, since boot", text: (one) => both(one, "errors"), tone: (one) => tone(one, "errors") },
      { label: "Drops", title: "In and out, since boot", text: (one) => both(one, "drops"), tone: (one) => tone(one, "drops") },
    ],
    link: { metric: "network", of: "interface", fields: ["bytes_recv_per_sec", "bytes_sent_per_sec"] },
  })],
};

/** @type {(tcp: import("../../common/readings.js").TcpConnections) => string} */
function waiting({ time_wait, close_wait }) {
  return `${plain(time_wait)} + ${plain(close_wait)}`;
}

// Sorted by all they ever carried: by their rates, the list would jump under the reader's eyes.
// Those that the sums leave out come last.
/** @type {(interface_: [name: string, import("../../common/readings.js").Interface]) => number} */
function carried([, { counted, bytes_recv, bytes_sent }]) {
  const moved = (bytes_recv ?? 0) + (bytes_sent ?? 0);
  return counted === false ? -1 / (1 + moved) : moved;
}

/** @type {(one: import("../../common/readings.js").Interface, what: "errors" | "drops") => string} */
function both(one, what) {
  return `${plain(one[`${what}_in`])} / ${plain(one[`${what}_out`])}`;
}

/** @type {(one: import("../../common/readings.js").Interface, what: "errors" | "drops") => string} */
function tone(one, what) {
  return one[`${what}_in`] || one[`${what}_out`] ? "warn" : "faint";
}
