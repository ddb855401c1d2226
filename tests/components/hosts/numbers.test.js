import assert from "node:assert/strict";
import { test } from "node:test";
import { numbers } from "../../../dashboard/components/hosts/numbers.js";

const NAMED = [
  ["temperature", "celsius", 21.54, "Temperature", "21.5 °C"],
  ["soil", "moisture_percent", 34, "Soil: moisture", "34.0 %"],
  ["power", "power_watts", 412, "Power", "412 W"],
  ["disk_io", "read_bytes_per_sec", 2.5e6, "Disk io: read", "2.50 MB/s"],
  ["counter", "value", 7, "Counter", "7"],
  ["air", "co2_ppm", 612.4, "Air: co2", "612 ppm"],
  ["zigbee", "contact", 1, "Zigbee: contact", "closed"],
  ["zigbee", "water_leak", 0, "Zigbee: water leak", "dry"],
  ["people", "count", 1, "People: count", "1"],
];

test("numbers of devices are named by their fields", () => {
  for (const [metric, field, value, label, text] of NAMED) {
    const [found, ...more] = numbers({ [metric]: { timestamp: "x", [field]: value } });
    assert.deepEqual([found.label, found.text, more], [label, text, []]);
  }
});
