import assert from "node:assert/strict";
import { test } from "node:test";
import { roundUp } from "../../../dashboard/components/common/scale.js";

test("a scale ends at a round number", () => {
  for (const [largest, top] of [[0, 10], [11, 20], [20, 20], [21, 50], [99, 100], [501, 1000]]) {
    assert.equal(roundUp(largest, 10), top);
  }
});
