import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, fileName } from "../../../dashboard/components/history/save.js";

const line = {
  name: '=evil, "cpu"', unit: { names: ["%"], base: 1000, digits: 1, from_zero: true },
  times: [0, 1000], mean: [1, 2], min: [0, 1], max: [3, 4],
};

test("numbers as a file have a row a time, and a column a line and statistic", () => {
  const other = { ...line, name: "Usage", times: [1000], mean: [9], min: [9], max: [9] };
  const [head, ...rows] = csv({ lines: [line], compared: [other] }, "yesterday").split("\r\n");
  assert.ok(head.startsWith('time,"\'=evil, ""cpu"" mean (%)",'));
  assert.ok(head.endsWith('"Usage, yesterday mean (%)","Usage, yesterday min (%)","Usage, yesterday max (%)"'));
  assert.deepEqual(rows, ["1970-01-01T00:00:00.000Z,1,0,3,,,", "1970-01-01T00:00:01.000Z,2,1,4,9,9,9", ""]);
});

test("a file's name says what is in it", () => {
  const name = fileName(["CPU", "Usage + Load, 1 min", "../nas"], [0, 3600_000], "csv");
  assert.equal(name, "perfwatch_cpu_usage-load-1-min_nas_19700101T0000Z_19700101T0100Z.csv");
});
