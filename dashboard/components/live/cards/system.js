import { dated, NOTHING, plain, span } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { table } from "../feet/table.js";
import { line } from "./lines.js";

const DAY = 86_400; // seconds

/** @type {import("../cards.js").View<import("../../common/readings.js").System>} */
const UPTIME = {
  lines: [line("Up", "uptime_seconds", "series-1")],
  format: (value) => (value === null ? NOTHING : span(value)),
  range: (max) => DAY * roundUp(max / DAY, 1),
};

/** @type {import("../cards.js").Card<import("../../common/readings.js").System>} */
export const system = {
  metric: "system",
  charted: false,
  aside: ({ boot_time }) => (boot_time ? `started ${dated(boot_time)}` : ""),
  mains: [{ name: "uptime", take: ({ uptime_seconds }) => ({ number: typeof uptime_seconds === "number" ? span(uptime_seconds) : "–", unit: "up" }) }],
  sides: [
    ["Users", ({ user_count }) => plain(user_count), "Logged in"],
    ["Terminals", ({ terminals }) => plain(terminals)],
  ],
  past: { fields: ["uptime_seconds"], views: () => [UPTIME] },
  feet: [table({
    caption: "Logged in",
    lines: 2,
    rows: ({ users }) => Object.entries(users ?? {}),
    columns: [{ label: "User", text: (_one, name) => name }, { label: "Terminals", text: ({ terminals }) => plain(terminals) }],
    empty: ({ user_count }) => (user_count === null ? "Nothing on this machine records that" : "Nobody"),
  })],
};
