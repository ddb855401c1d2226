import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../dashboard/components/common/format.js";

process.env.TZ = "Europe/Berlin";

const { joined } = format;
const NOON = Date.UTC(2026, 10, 25, 12, 5, 9);

const WRITTEN = [
  [joined(format.percent(0)), "0.0 %"],
  [joined(format.percent(null)), "–"],
  [joined(format.rate(undefined)), "–"],
  [joined(format.rate(999)), "999 B/s"],
  [joined(format.rate(999999)), "1.00 MB/s"],
  [joined(format.rate(12.4e6)), "12.4 MB/s"],
  [joined(format.memory(8 * 2 ** 30)), "8.00 GiB"],
  [joined(format.perSecond(7.25)), "7.3 /s"],
  [joined(format.perSecond(12345)), "12.3 k/s"],
  [joined(format.counted(9.1e9)), "9.10 G"],
  [joined(format.counted(null)), "–"],
  [joined(format.fixed("°C", 1)(-3.5)), "-3.5 °C"],
  [format.frequency(800), "800 MHz"],
  [format.frequency(3400), "3.40 GHz"],
  [format.age(1234), "1.2 s ago"],
  [format.age(-300), "0.0 s ago"],
  [format.age(90_000), "1 min ago"],
  [format.span(273_600), "3 d 4 h"],
  [format.moment(NOON, NOON + 3_600_000), "13:05:09"],
  [format.moment(NOON, NOON + 86_400_000), "25 Nov, 13:05"],
  [format.dated("2026-11-25T12:05:09Z"), "25 Nov 2026, 13:05"],
  [format.dated(null), "–"],
];

test("numbers are written as people read them", () => {
  for (const [written, expected] of WRITTEN) assert.equal(written, expected);
});

test("a mean is over what is known", () => {
  assert.equal(format.mean([null, 1000, 3000]), 2000);
  assert.equal(format.mean([]), null);
});
