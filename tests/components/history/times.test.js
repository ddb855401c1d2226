import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTexts, lengthText, zoneText } from "../../../dashboard/components/history/times.js";

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
