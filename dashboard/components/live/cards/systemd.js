import { plain } from "../../common/format.js";
import { roundUp } from "../../common/scale.js";
import { table } from "../feet/table.js";
import { asCount, line } from "./lines.js";

/** @type {import("../cards.js").View<import("../../common/readings.js").Systemd>} */
const FAILED = { lines: [line("Failed", "failed", "series-2")], format: asCount, range: (max) => roundUp(max, 2) };

/** @type {import("../cards.js").Card<import("../../common/readings.js").Systemd>} */
export const systemd = {
  metric: "systemd",
  charted: false,
  aside: ({ age_seconds }) => (typeof age_seconds === "number" ? `systemd asked ${plain(age_seconds, 0)} s ago` : ""),
  mains: [{ name: "failed", take: ({ failed }) => ({ number: plain(failed), unit: failed === 1 ? "unit" : "units" }) }],
  past: { fields: ["failed"], views: () => [FAILED] },
  feet: [table({
    caption: "Failed",
    lines: 2,
    rows: ({ units }) => Object.entries(units ?? {}),
    columns: [
      { label: "Unit", text: (_one, name) => name },
      { label: "State", text: ({ state }) => state ?? "–", tone: () => "warn" },
      { label: "What it is", text: ({ description }) => description ?? "" },
    ],
    empty: () => "All units are well",
  })],
};
