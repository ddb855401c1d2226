import assert from "node:assert/strict";
import { test } from "node:test";
import { stack } from "../../../dashboard/components/common/chart.js";

const three = [{}, {}, {}];

test("stacked lines stand on each other", () => {
  assert.deepEqual(stack([[1, 2], [10, 20], [5, null], [1, 1]], three), [[1, 2], [10, 20], [15, null], [16, 21]]);
});

test("what stands apart from a stack, and the edges of its band, stay as they are", () => {
  const lines = [{}, {}, { apart: true, band: true }];
  assert.deepEqual(stack([[1], [10], [5], [14], [90], [2]], lines), [[1], [10], [15], [14], [90], [2]]);
});
