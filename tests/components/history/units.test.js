import assert from "node:assert/strict";
import { test } from "node:test";
import { UNITS } from "../../../dashboard/components/common/declared.js";
import { axis, change, tickTexts, written } from "../../../dashboard/components/history/units.js";

const { percent, rate, memory, celsius, volts, count } = UNITS;
const GIB = 2 ** 30;

test("a number is written in the unit that suits it", () => {
  const cases = [
    [percent, 12.34, "12.3 %"], [rate, 0, "0 B/s"], [rate, 999, "999 B/s"], [rate, 2_500_000, "2.50 MB/s"],
    [rate, 5e15, "5,000.00 TB/s"], [memory, 6.5 * GIB, "6.50 GiB"], [celsius, -3.25, "-3.3 °C"], [volts, 21.5, "21.50 V"],
    [count, 1234567, "1,234,567"], [count, 12.4, "12"], [percent, null, "–"],
  ];
  for (const [unit, value, text] of cases) assert.equal(written(unit, value), text);
});

test("a part of a count is not none", () => {
  assert.equal(written(count, 0.333), "0.33");
  assert.equal(written(count, 0), "0");
});

test("a change is a share of what was", () => {
  for (const [now, then, text] of [[60, 50, "+20.0 %"], [40, 50, "-20.0 %"], [-5, -10, "+50.0 %"], [5, 0, "–"], [null, 5, "–"]]) {
    assert.equal(change(now, then), text);
  }
});

test("an axis has round numbers", () => {
  const cases = [
    [percent, 12, 71, ["0 %", "20 %", "40 %", "60 %", "80 %"]],
    [rate, 5e5, 3.4e6, ["0 MB/s", "1 MB/s", "2 MB/s", "3 MB/s", "4 MB/s"]],
    [memory, 0, 3.5 * GIB, ["0 GiB", "1 GiB", "2 GiB", "3 GiB", "4 GiB"]],
    [celsius, 41, 44, ["41 °C", "42 °C", "43 °C", "44 °C"]],
    [count, 0, 7_500_000_000, ["0 G", "2 G", "4 G", "6 G", "8 G"]],
    [count, 0, 40_000, ["0", "10,000", "20,000", "30,000", "40,000"]],
    [percent, 0, 0, ["0 %", "0.25 %", "0.5 %", "0.75 %", "1 %"]],
  ];
  for (const [unit, low, high, texts] of cases) assert.deepEqual(tickTexts(unit, axis(unit, low, high, 4).ticks), texts);
});
