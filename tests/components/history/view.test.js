import assert from "node:assert/strict";
import { test } from "node:test";
import * as view from "../../../dashboard/components/history/view.js";

process.env.TZ = "Europe/Berlin";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("a link opens what it was made of", () => {
  const link = "range=custom&from=2026-11-23T12%3A00%3A00.000Z&to=2026-11-23T13%3A00%3A00.000Z&metric=cpu&of=core"
    + "&field=usage_percent&host=nas&host=pi&part=0&part=1&compare=2026-11-20T12%3A00%3A00.000Z";
  assert.equal(view.write(view.read(`?${link}`)), link);
});

test("a link may compare by name", () => {
  for (const name of ["yesterday", "week"]) assert.equal(view.read(`?compare=${name}`).compare, name);
});

test("what a link has wrong is as if it were not there", () => {
  const { range, from, compare, hosts } = view.read("?range=forever&from=soon&compare=never");
  assert.deepEqual([range, from, compare, hosts], ["1h", null, null, []]);
});

test("a range ends now, or where it is told", () => {
  const shown = (range, from = null, to = null) => view.span({ ...view.read(""), range, from, to }, 100 * HOUR);
  assert.deepEqual(shown("6h"), [94 * HOUR, 100 * HOUR]);
  assert.deepEqual(shown("custom", 5, 9), [5, 9]);
  assert.equal(shown("custom", 9, 5), null);
});

test("yesterday is the same time of day, also when the clocks changed", () => {
  const noon = Date.parse("2026-10-25T12:00:00+01:00");
  assert.equal(view.shift("yesterday", noon), 25 * HOUR);
  assert.equal(view.shift("yesterday", noon + 2 * DAY), 24 * HOUR);
  assert.equal(view.shift("week", noon), 7 * DAY + HOUR);
});
