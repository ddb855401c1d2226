import { joined, perSecond, rate } from "../../common/format.js";
import { grid } from "../feet/grid.js";
import { asRate, line } from "./lines.js";

const KIB = 1024;

/** @type {import("../cards.js").Card<import("../../common/readings.js").MemoryBandwidth>} */
export const memoryBandwidth = {
  metric: "memory_bandwidth",
  expected: true,
  aside: () => "Between memory and disks",
  mains: [
    { name: "paging", label: "Paging", color: "series-3", take: ({ page_io_bytes_per_sec }) => rate(page_io_bytes_per_sec) },
    { name: "swapping", label: "Swapping", color: "series-6", take: ({ swap_io_bytes_per_sec }) => rate(swap_io_bytes_per_sec) },
  ],
  sides: [
    ["Page faults", ({ pgfault_per_sec }) => joined(perSecond(pgfault_per_sec))],
    ["Major", ({ pgmajfault_per_sec }) => joined(perSecond(pgmajfault_per_sec)), "Page faults that had to wait for a disk"],
  ],
  views: [{
    lines: [line("Paging", "page_io_bytes_per_sec", "series-3", { fill: true, told: true }), line("Swapping", "swap_io_bytes_per_sec", "series-6", { told: true })],
    ...asRate,
  }],
  feet: [grid({
    caption: "Each way",
    lines: 2,
    entries: (one) => [
      ["Read from disks", joined(rate(scaled(one.pgpgin_per_sec)))],
      ["Written to disks", joined(rate(scaled(one.pgpgout_per_sec)))],
      ["Swapped in", pages(one.pswpin_per_sec)],
      ["Swapped out", pages(one.pswpout_per_sec)],
    ],
  })],
};

/** @type {(kibibytes: number | null | undefined) => number | null} */
function scaled(kibibytes) {
  return typeof kibibytes === "number" ? kibibytes * KIB : null;
}

/** @type {(value: number | null | undefined) => string} */
function pages(value) {
  const text = joined(perSecond(value));
  return text.replace("/s", "pages/s");
}
