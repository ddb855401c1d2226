import assert from "node:assert/strict";
import { test } from "node:test";
import { exactly, pathOf, seriesOf } from "../../../dashboard/components/common/alerting.js";
import { notesOf } from "../../../dashboard/components/common/notes.js";

const PLACES = [
  ["disk", "mountpoint", "usage_percent", "partitions.*.usage_percent"],
  ["cpu", "core", "usage_percent", "per_core.*"],
  ["cpu", "", "usage_percent", "usage_percent"],
  ["sensors", "sensor", "celsius", "temperatures.*.celsius"],
];
for (const [metric, of, field, path] of PLACES) {
  test(`${path} of ${metric} is ${of}.${field} in the history`, () => {
    assert.equal(pathOf(metric, of, field), path);
    assert.deepEqual(seriesOf(metric, path), { of, field });
  });
}

test("a part may be named", () => assert.equal(pathOf("disk", "mountpoint", "usage_percent", "/srv"), "partitions./srv.usage_percent"));

test("a host's own name is written so that it fits no other", () => assert.equal(exactly("a*[b]?"), "a[*][[]b][?]"));

const RULES = [
  { id: "full", origin: "shipped", rule: { kind: "threshold", title: "Full", metric: "disk", field: "partitions.*.usage_percent", at_least: 90, severity: "critical" } },
  { id: "own", origin: "own", rule: { kind: "threshold", title: "Own", metric: "disk", field: "partitions.*.usage_percent", at_least: "limit" } },
  { id: "busy", origin: "shipped", rule: { kind: "threshold", title: "Busy", metric: "cpu", field: "usage_percent", at_least: 95 } },
];
const told = (more) => ({ host: "nas", rule: "full", part: "/srv", severity: "critical", text: "Full", since: "2026-11-29T10:00:00Z", until: null, ...more });
const drawn = { metric: "disk", of: "mountpoint", fields: ["usage_percent"], hosts: ["nas"], parts: ["/srv"] };

test("a chart has the limits of what it shows, and marks of its hosts and parts", () => {
  const all = [told(), told({ part: "/" }), told({ host: "pi" }), told({ rule: "busy" })];
  const { limits, marks } = notesOf({ rules: RULES, told: all }, drawn);
  assert.deepEqual(limits, [{ value: 90, field: "usage_percent", color: "bad", text: "Full" }]);
  assert.deepEqual(marks, [{ from: Date.parse("2026-11-29T10:00:00Z"), to: null, color: "bad", text: "Full" }]);
});

test("another field's limit is none of it", () => {
  assert.deepEqual(notesOf({ rules: RULES, told: [] }, { ...drawn, fields: ["free_bytes"] }).limits, []);
});
