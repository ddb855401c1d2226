import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../../dashboard/components/common/timeline.js";

function timeline(...times) {
  const line = new Timeline(1);
  for (const time of times) line.add(time, [time / 1000]);
  return line;
}

test("a gap stays a gap", () => {
  const [times, values] = timeline(0, 5e3, 10e3, 60e3).columns();
  assert.deepEqual(times, [0, 5e3, 10e3, 10_001, 60e3]);
  assert.deepEqual(values, [0, 5, 10, null, 60]);
});

test("a reading that comes twice is drawn once", () => {
  assert.deepEqual(timeline(5e3, 5e3).columns(), [[5e3], [5]]);
});

test("it follows a host whose clock is set back", () => {
  const line = timeline(100e3, 105e3, 110e3, 102e3, 107e3);
  assert.deepEqual(line.columns()[0], [100e3, 102e3, 107e3]);
  assert.equal(line.newest, 107e3);
});

test("it follows a clock that is set back by more than is kept", () => {
  assert.deepEqual(timeline(7200e3, 7205e3, 0, 5e3).columns()[0], [0, 5e3]);
});

test("history fills what was missed, and leaves what was seen", () => {
  const line = new Timeline(1);
  for (const time of [20e3, 25e3, 30e3]) line.add(time, [1]);
  line.fill([10e3, 15e3, 20e3, 25e3].map((time) => [time, 2]));
  assert.deepEqual(line.columns(), [[10e3, 15e3, 20e3, 25e3, 30e3], [2, 2, 1, 1, 1]]);
});

test("what is older than the window is let go", () => {
  const line = new Timeline(1);
  line.interval = 1e6;
  line.add(0, [1]);
  line.add(361e3, [2]);
  assert.deepEqual(line.columns()[0], [361e3]);
});

test("a value that could not be read is no zero", () => {
  const line = new Timeline(1);
  for (const [time, value] of [[0, null], [5e3, undefined], [10e3, 0]]) line.add(time, [value]);
  assert.deepEqual(line.columns()[1], [null, null, 0]);
});
