import { roundUp } from "../chart.js";
import { element, resize } from "../parts.js";
import { bytes, joined, percent, plain, rate } from "../format.js";

const FULL_PERCENT = 90;

export const disk = {
  metric: "disk",
  lines: [
    { label: "Read", color: "series-3", fill: true },
    { label: "Write", color: "series-4" },
  ],
  format: (value) => joined(rate(value)),
  range: (max) => roundUp(max, 1000),
  extract: ({ read_bytes_per_sec, write_bytes_per_sec }) => [read_bytes_per_sec, write_bytes_per_sec],
  show,
};

function show(parts, reading) {
  parts.value("disk-read", rate(reading.read_bytes_per_sec));
  parts.value("disk-write", rate(reading.write_bytes_per_sec));
  const devices = Object.values(reading.devices ?? {});
  parts.text("disk-iops", `${iops(devices, "read_iops")} / ${iops(devices, "write_iops")}`);
  parts.text("disk-latency", `${slowest(devices, "read_latency_ms")} / ${slowest(devices, "write_latency_ms")}`);
  showPartitions(parts.get("disk-partitions"), Object.entries(reading.partitions ?? {}));
}

function known(devices, field) {
  return devices.map((device) => device[field]).filter((value) => typeof value === "number");
}

// The devices include a disk's own partitions, which it counts already: the largest is the disk's.
function iops(devices, field) {
  const values = known(devices, field);
  return plain(values.length ? Math.max(...values) : null);
}

function slowest(devices, field) {
  const values = known(devices, field);
  return plain(values.length ? Math.max(...values) : null, 1, "ms");
}

function showPartitions(list, partitions) {
  const rows = resize(list, partitions.length, () => row());
  partitions.sort(([a], [b]) => a.localeCompare(b)).forEach(([mountpoint, reading], index) => {
    const [label, meter, figure] = rows[index].children;
    label.textContent = mountpoint;
    label.title = `${mountpoint} · ${reading.device ?? "?"} · ${reading.fstype ?? "?"}`;
    meter.firstElementChild.style.width = `${reading.usage_percent ?? 0}%`;
    meter.classList.toggle("full", (reading.usage_percent ?? 0) >= FULL_PERCENT);
    figure.textContent = `${joined(percent(reading.usage_percent))} of ${joined(bytes(reading.total_bytes))}`;
  });
}

function row() {
  return element("li", "row usage", element("span", "label"), element("span", "meter", element("i", "")), element("span", "figure"));
}
