import assert from "node:assert/strict";
import { test } from "node:test";
import { overLimit } from "../../../dashboard/components/hosts/figures.js";

test("a number over its limit is in trouble until it is well below", () => {
  const over = (cpu, ...before) => [...overLimit({ cpu, memory: 10, disk: null, temperature: 85 }, new Set(before))];
  assert.deepEqual(over(89), ["temperature"]);
  assert.deepEqual(over(90), ["cpu", "temperature"]);
  assert.deepEqual(over(88, "cpu"), ["cpu", "temperature"]);
  assert.deepEqual(over(86, "cpu"), ["temperature"]);
});
