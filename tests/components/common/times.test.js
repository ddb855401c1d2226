import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTexts, fromInput, lengthText, moved, toInput, widened, zoneText } from "../../../dashboard/components/common/times.js";

process.env.TZ = "Europe/Berlin";

test("a day on which the clocks change is said", () => {
  const span = [Date.parse("2026-10-24T00:00Z"), Date.parse("2026-10-26T00:00Z")];
  assert.equal(zoneText(span), "Europe/Berlin (UTC+02:00, from 25 Oct UTC+01:00)");
});

test("the day stands where it begins", () => {
  const ticks = [20, 22, 24, 26].map((hour) => Date.parse("2026-11-23T00:00+01:00") + hour * 3_600_000);
  assert.deepEqual(axisTexts(ticks), ["20:00\n23 Nov", "22:00", "00:00\n24 Nov", "02:00"]);
});

test("lengths are words", () => {
  assert.deepEqual([15e3, 300e3, 10_800e3, 86_400e3].map(lengthText), ["15 s", "5 min", "3 h", "1 d"]);
});

test("a zoom never shows less than ten seconds", () => {
  assert.deepEqual(widened([0, 100], 0.5), [-4950, 5050]);
  assert.deepEqual(widened([0, 100_000], 2), [-50_000, 150_000]);
  assert.deepEqual(moved([0, 100], 0.5), [50, 150]);
});

test("times are typed in the browser's zone", () => {
  const summer = Date.parse("2026-07-01T12:00:30Z");
  assert.equal(toInput(summer), "2026-07-01T14:00:30");
  assert.equal(fromInput(toInput(summer)), summer);
  assert.equal(fromInput(""), null);
});
