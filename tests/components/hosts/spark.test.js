import assert from "node:assert/strict";
import { test } from "node:test";
import { strokes } from "../../../dashboard/components/hosts/spark.js";

test("a sparkline keeps gaps and peaks", () => {
  // Three readings within one of its hundred units of width: the largest is drawn.
  const pieces = strokes([0, 100, 200, 5e3, 6e3, 7e3], [1, 9, 2, null, 4, 5], 0, 1e5, 10);
  assert.deepEqual(pieces.map(({ length }) => length), [1, 2]);
  assert.deepEqual(pieces[0], ["0.1 3.6"]);
});
