import assert from "node:assert/strict";
import { test } from "node:test";
import { held } from "../../../dashboard/components/history/gestures.js";

test("one finger moves the chart, and two stretch it", () => {
  const [one, other] = [{ x: 50, time: 100 }, { x: 90, time: 200 }];
  assert.deepEqual(held([one], 100, [0, 200]), [0, 200]);
  assert.deepEqual(held([{ ...one, x: 0 }], 100, [0, 200]), [100, 300]);
  assert.deepEqual(held([one, other], 100, [0, 200]), [-25, 225]);
});
