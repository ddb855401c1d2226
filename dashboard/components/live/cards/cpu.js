import { roundUp } from "../../common/chart.js";
import { element, resize } from "../../common/parts.js";
import { frequency, joined, mean, percent, plain } from "../../common/format.js";

export const cpu = {
  metric: "cpu",
  lines: [
    { label: "Usage", color: "series-1", fill: true },
    { label: "I/O wait", color: "series-2" },
  ],
  format: (value) => joined(percent(value)),
  range: (max) => Math.min(100, roundUp(max, 10)),
  extract: ({ usage_percent, iowait }) => [usage_percent, iowait],
  show,
};

function show(parts, reading) {
  parts.value("cpu-usage", percent(reading.usage_percent));
  const load = (reading.load_average ?? []).map((value) => plain(value, 2));
  parts.text("cpu-load", load.length ? load.join("  ") : "–");
  const hottest = (reading.temperature_celsius ?? []).filter((value) => value !== null);
  parts.text("cpu-temperature", hottest.length ? plain(Math.max(...hottest), 0, "°C") : "–");
  parts.text("cpu-frequency", frequency(mean(reading.frequency_mhz)));
  showCores(parts.get("cpu-cores"), reading.per_core ?? []);
}

function showCores(strip, cores) {
  const cells = resize(strip, cores.length, () => element("span", "core"));
  cores.forEach((usage, index) => {
    const text = `Core ${index}: ${joined(percent(usage))}`;
    cells[index].dataset.tip = text;
    cells[index].style.setProperty("--heat", usage === null ? 0 : usage / 100);
  });
  strip.setAttribute("aria-label", `Usage of ${cores.length} cores: ${cores.map((v) => joined(percent(v))).join(", ")}`);
}
