import assert from "node:assert/strict";
import { test } from "node:test";
import { historyPath } from "../../../dashboard/components/common/links.js";

test("links carry every choice", () => {
  const link = historyPath({ host: "a b", metric: "cpu", of: "core", fields: ["usage_percent"], parts: ["0", "1"] });
  assert.equal(link, "/history?host=a+b&metric=cpu&of=core&field=usage_percent&part=0&part=1&range=1h");
});
