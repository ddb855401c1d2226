import assert from "node:assert/strict";
import { test } from "node:test";
import { around, roundUp } from "../../../dashboard/components/common/scale.js";

test("a scale ends at a round number", () => {
  for (const [largest, top] of [[0, 10], [11, 20], [20, 20], [21, 50], [99, 100], [501, 1000]]) {
    assert.equal(roundUp(largest, 10), top);
  }
});

test("a scale that need not begin at 0 has round ends and a round middle", () => {
  for (const [low, high, ends] of [[20.4, 20.8, [20, 22]], [231, 233, [231, 233]], [1010.8, 1015.9, [1010, 1020]], [-70, -61, [-70, -60]], [21, 21, [21, 23]]]) {
    assert.deepEqual(around(low, high, 2), ends);
  }
});
