import { plain } from "../../common/format.js";
import { table } from "../feet/table.js";

/** @type {import("../cards.js").Card<import("../../common/readings.js").Systemd>} */
export const systemd = {
  metric: "systemd",
  charted: false,
  aside: ({ age_seconds }) => (typeof age_seconds === "number" ? `systemd asked ${plain(age_seconds, 0)} s ago` : ""),
  mains: [{ name: "failed", take: ({ failed }) => ({ number: plain(failed), unit: failed === 1 ? "unit" : "units" }) }],
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
