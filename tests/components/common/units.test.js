import assert from "node:assert/strict";
import { test } from "node:test";
import { words, written } from "../../../dashboard/components/common/units.js";

const WRITTEN = [
  ["soil_moisture_percent", 41.27, "41.3 %"],
  ["bytes_recv_per_sec", 2e6, "2.00 MB/s"],
  ["temperature_celsius", -3.5, "-3.5 °C"],
  ["rain_per_sec", 0.4, "0.4 /s"],
  ["read_iops", 7, "7.0 /s"],
  ["power_watts", 412, "412 W"],
  ["supply_volts", 21.5, "21.5 V"],
  ["cell_volts", 3.71, "3.71 V"],
  ["solar_kwh", 0.333, "0.33 kWh"],
  ["wifi_dbm", -67, "-67 dBm"],
  ["celsius", 21.54, "21.5 °C"],
  ["memory_used_bytes", 3 * 2 ** 30, "3.00 GiB"],
  ["megahertz", 3, "3"],
  ["visitors", 12345, "12.3 k"],
  ["ratio", 0.333, "0.33"],
  ["ratio", null, "–"],
  ["supply_volts", null, "–"],
];

test("a field's name tells its unit", () => {
  for (const [field, value, text] of WRITTEN) assert.equal(written("roof", field, value), text, field);
});

test("what is declared of a metric's own field goes first", () => {
  assert.equal(written("cpu", "iowait", 4.25), "4.3 %");
  assert.equal(written("roof", "iowait", 4), "4");
});

test("a field's name is said without its unit", () => {
  assert.deepEqual(["soil_moisture_percent", "up", "supply_volts", "volts"].map(words), ["Soil moisture", "Up", "Supply", "Volts"]);
});
