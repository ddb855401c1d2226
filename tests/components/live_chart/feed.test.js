import assert from "node:assert/strict";
import { test } from "node:test";
import { wanted } from "../../../dashboard/components/live_chart/feed.js";

const asked = (...followers) => Object.fromEntries(new URLSearchParams(wanted(followers)));

test("charts share one socket that has what all of them want", () => {
  const followers = [{ host: "pi", metric: "cpu" }, { host: "nas", metric: "memory" }, { host: "nas", metric: "cpu" }];
  assert.deepEqual(asked(...followers), { hello: "1", presence: "true", metrics: "cpu,memory", hosts: "nas,pi" });
});

test("a name with a comma is asked for alone, or everything is", () => {
  const odd = { host: "a,b", metric: "cpu" };
  assert.equal(asked(odd).host, "a,b");
  assert.deepEqual(Object.keys(asked(odd, { host: "nas", metric: "cpu" })), ["hello", "presence", "metrics"]);
});

test("without a chart there is no socket", () => {
  assert.equal(wanted([]), "");
});
