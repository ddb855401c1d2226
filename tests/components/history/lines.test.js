import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, nearest, summary, withGaps } from "../../../dashboard/components/history/lines.js";

const unit = { names: [""], base: 1000, digits: 0, from_zero: true };
const WORDS = { field: (name) => name.toUpperCase(), part: (name) => `Core ${name}`, unit: () => unit };
const values = [1, null, 3];

const series = (given = {}) => ({ host: "nas", part: "", field: "usage", newest: null, mean: values, min: values, max: values, ...given });
const lines = (...several) => linesOf({ times: [0, 10, 20], series: several }, WORDS);
const names = (...several) => lines(...several).map(({ name }) => name);

test("a line is named by what tells it apart", () => {
  assert.deepEqual(names(series()), ["USAGE"]);
  assert.deepEqual(names(series({ part: "3" })), ["Core 3"]);
  assert.deepEqual(names(series({ part: "3" }), series({ part: "3", field: "heat" })), ["USAGE · Core 3", "HEAT · Core 3"]);
  assert.deepEqual(names(series(), series({ host: "pi" })), ["USAGE · nas", "USAGE · pi"]);
});

test("a line has only the buckets with readings, and may be moved in time", () => {
  const [line] = linesOf({ times: [0, 10, 20], series: [series()] }, WORDS, 5);
  assert.deepEqual([line.times, line.mean], [[5, 25], [1, 3]]);
});

test("no two of 32 lines look alike", () => {
  const drawn = lines(...Array.from({ length: 32 }, (_, core) => series({ part: String(core) })));
  assert.ok(drawn.slice(0, 8).every(({ dash }) => dash === undefined));
  assert.equal(drawn[8].color, drawn[0].color);
  assert.equal(new Set(drawn.map(({ color, dash }) => `${color} ${dash}`)).size, 32);
});

test("missing readings break the line", () => {
  const slow = Array.from({ length: 10 }, (_, tick) => tick * 600); // a host that ticks slower than the buckets
  for (const [times, drawn] of [[[0, 5, 10, 40, 45], [0, 5, 10, 15, 40, 45]], [[0, 5, 15, 20], [0, 5, 15, 20]], [slow, slow], [[], []]]) {
    const [found, mean] = withGaps({ times, mean: times, min: times, max: times }, 5);
    assert.deepEqual(found, drawn);
    assert.deepEqual(mean.filter((value) => value !== null), times);
  }
});

test("a summary is over all buckets, and the newest reading itself", () => {
  const found = summary({ mean: [2, 4], min: [1, 3], max: [3, 5], newest: { time: 9, value: 3.5 } });
  assert.deepEqual(found, { average: 3, minimum: 1, maximum: 5, newest: 3.5 });
});

test("the pointer reads the bucket nearest to it", () => {
  for (const [time, place] of [[0, 0], [14, 1], [16, 2], [29, 2], [31, -1], [-11, -1]]) {
    assert.equal(nearest([0, 10, 20], time, 10), place);
  }
});
