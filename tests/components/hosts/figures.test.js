import assert from "node:assert/strict";
import { test } from "node:test";
import { figures, overLimit } from "../../../dashboard/components/hosts/figures.js";

test("the fullest partition and the hottest sensor count", () => {
  const found = figures({
    disk: { partitions: { "/": { usage_percent: 20 }, "/srv": { usage_percent: 93 }, "/x": {} } },
    cpu: { temperature_celsius: [null, 61] },
    sensors: { temperatures: { nvme: { celsius: 64 }, open: { celsius: 127 } } },
  });
  assert.deepEqual([found.fullest, found.disk, found.temperature], ["/srv", 93, 64]);
  assert.deepEqual([found.cpu, found.memory], [null, null]);
});

test("a number over its limit is in trouble until it is well below", () => {
  const over = (cpu, ...before) => [...overLimit({ cpu, memory: 10, disk: null, temperature: 85 }, new Set(before))];
  assert.deepEqual(over(89), ["temperature"]);
  assert.deepEqual(over(90), ["cpu", "temperature"]);
  assert.deepEqual(over(88, "cpu"), ["cpu", "temperature"]);
  assert.deepEqual(over(86, "cpu"), ["temperature"]);
});
