import assert from "node:assert/strict";
import { test } from "node:test";
import { generic } from "../../../dashboard/components/live/cards/generic.js";
import { growth } from "../../../dashboard/components/live/cards/lines.js";

test("a device is shown by the names of its fields", () => {
  const reading = { timestamp: "x", label: "roof", cells: { a: { volts: 3.3 } }, on: true };
  const card = generic("solar_roof");
  const [main] = card.mains(reading);
  assert.deepEqual(main.take(reading), { number: "3.30", unit: "V" });
  const [{ lines: [line] }] = card.views(reading);
  assert.equal(line.field, "cells_a_volts");
  assert.deepEqual([line.take(reading), line.take({ cells_a_volts: 3 })], [3.3, 3]);
});

test("a count that went backwards has no rate", () => {
  const past = { reading: { n: 10 }, seconds: 2 };
  assert.deepEqual([growth({ n: 30 }, past, "n"), growth({ n: 5 }, past, "n"), growth({ n: 5 }, null, "n")], [10, null, null]);
});

test("a clock that was set back gives no rate", () => {
  assert.equal(growth({ n: 30 }, { reading: { n: 10 }, seconds: -3600 }, "n"), null);
});
