import { roundUp } from "../../common/chart.js";
import { element, resize } from "../../common/parts.js";
import { bytes, joined, percent, plain, rate } from "../../common/format.js";

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
  const disks = wholeDisks(reading.devices ?? {});
  parts.text("disk-iops", `${iops(disks, "read_iops")} / ${iops(disks, "write_iops")}`);
  parts.text("disk-latency", `${slowest(disks, "read_latency_ms")} / ${slowest(disks, "write_latency_ms")}`);
  showPartitions(parts.get("disk-partitions"), Object.entries(reading.partitions ?? {}));
}

// A disk counts its partitions' operations already, and the disks below a stacked one are listed too.
const STACKED = /^((dm-|md|bcache|drbd|zd)\d|nvme\d+c\d+n\d)/;

function wholeDisks(devices) {
  const isPart = (name) => {
    const [, disk] = /^(.*\D)\d+$/.exec(name) ?? [];
    return disk !== undefined && (disk in devices || disk.replace(/p$/, "") in devices);
  };
  return Object.entries(devices).filter(([name]) => !STACKED.test(name) && !isPart(name)).map(([, disk]) => disk);
}

function known(disks, field) {
  return disks.map((disk) => disk[field]).filter((value) => typeof value === "number");
}

function iops(disks, field) {
  const values = known(disks, field);
  return plain(values.length ? values.reduce((sum, value) => sum + value, 0) : null);
}

function slowest(disks, field) {
  const values = known(disks, field);
  return plain(values.length ? Math.max(...values) : null, 1, "ms");
}

// The fullest first: that is the one to look at.
function showPartitions(list, partitions) {
  const rows = resize(list, partitions.length, () => row());
  partitions.sort(([, a], [, b]) => (b.usage_percent ?? 0) - (a.usage_percent ?? 0)).forEach(([mountpoint, reading], index) => {
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
