import assert from "node:assert/strict";
import { test } from "node:test";
import { valueAt } from "../../../dashboard/components/live_chart/field.js";

const reading = { usage_percent: 3, load_average: [1, 2, 3], partitions: { "/mnt/a.b": { free_bytes: 5 }, "/mnt/a": {} }, none: null };

test("a number is found by its path, and a part's name may have dots", () => {
  const paths = ["usage_percent", "load_average.2", "partitions./mnt/a.b.free_bytes"];
  assert.deepEqual(paths.map((path) => valueAt(reading, path)), [3, 3, 5]);
});

test("what is not there, or no number, is null", () => {
  const paths = ["usage", "none", "none.x", "load_average", "partitions./mnt/a.free_bytes", "constructor"];
  assert.deepEqual(paths.map((path) => valueAt(reading, path)), paths.map(() => null));
});
