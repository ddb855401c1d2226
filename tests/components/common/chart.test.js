import assert from "node:assert/strict";
import { test } from "node:test";
import { stack } from "../../../dashboard/components/common/chart.js";

test("stacked lines stand on each other", () => {
  assert.deepEqual(stack([[1, 2], [10, 20], [5, null], [1, 1]]), [[1, 2], [10, 20], [15, null], [16, 21]]);
});
