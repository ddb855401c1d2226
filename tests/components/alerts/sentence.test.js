import assert from "node:assert/strict";
import { test } from "node:test";
import { said } from "../../../dashboard/components/alerts/preview.js";
import { hostsOf, sentence } from "../../../dashboard/components/alerts/sentence.js";

const DISK = { metric: "disk", field: "partitions.*.usage_percent", title: "" };
const SENTENCES = [
  [{ kind: "threshold", ...DISK, at_least: 90, clear: 88, for: "1m" }, "Disk: usage of any partition ≥ 90 % for 1m; over below 88 %"],
  [{ kind: "threshold", ...DISK, field: "partitions./srv.usage_percent", at_most: 5.5 }, "Disk: usage of /srv ≤ 5.5 %"],
  [{ kind: "threshold", title: "", metric: "cpu", field: "usage_percent", at_least: 95, statistic: "mean", window: "15m" }, "CPU: usage ≥ 95 % on average of 15m"],
  [{ kind: "threshold", title: "", metric: "sensors", field: "temperatures.*.celsius", at_least: "critical_celsius" }, "Sensors: temperature of any sensor ≥ its own critical"],
  [{ kind: "forecast", ...DISK, reaches: 100, within: "1d", window: "6h" }, "Disk: usage of any partition reaches 100 % within 1d, by its last 6h"],
  [{ kind: "unusual", title: "", metric: "cpu", field: "usage_percent" }, "CPU: usage is 4 standard deviations or more from that hour of the last 7 days"],
  [{ kind: "state", title: "", metric: "systemd", field: "units.*.state", bad: ["failed"] }, "Failed units: state of any unit is failed"],
  [{ kind: "silent", title: "", metric: "cpu", for: "10m" }, "CPU: no reading for 10m"],
  [{ kind: "offline", title: "", for: "2m" }, "The host is offline for 2m"],
];
for (const [rule, text] of SENTENCES) test(text, () => assert.equal(sentence(rule), text));

test("hosts in words", () => {
  assert.equal(hostsOf({}), "All hosts");
  assert.equal(hostsOf({ hosts: ["pi-*", "nas"], except: ["pi-9"] }), "pi-*, nas but pi-9");
});

const NOTHING = { times: 0, hosts: 3, of_hosts: 3, complete: true, why: null, interval: "1m", fired: [], start_time: "", end_time: "" };
const fired = (host, minutes) => ({ host, part: "", since: "2026-11-29T10:00:00Z", until: new Date(Date.parse("2026-11-29T10:00:00Z") + minutes * 60_000).toISOString() });

test("a preview in words", () => {
  assert.equal(said(NOTHING), "It would not have fired in the last 30 days.");
  assert.equal(said({ ...NOTHING, complete: false, of_hosts: 9 }), "It would not have fired in the last 30 days. Time ran out after 3 of 9 hosts.");
  assert.equal(said({ ...NOTHING, times: 1, fired: [fired("nas", 5)] }), "It would have fired once in the last 30 days on nas, mostly for 5 min. Seen in steps of 1 min.");
  assert.equal(said({ ...NOTHING, times: 3, fired: [fired("nas", 5), fired("pi", 5), fired("pi", 9)] }), "It would have fired 3 times in the last 30 days: pi 2, nas 1, mostly for 5 min. Seen in steps of 1 min.");
  assert.equal(said({ ...NOTHING, why: "The history keeps numbers" }), "The history keeps numbers: no preview.");
});
