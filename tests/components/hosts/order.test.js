import assert from "node:assert/strict";
import { test } from "node:test";
import { matches, sorted, summary } from "../../../dashboard/components/hosts/order.js";

const HOSTS = [
  { name: "web10", state: "online", needsLook: false, found: { cpu: 5, down: 9, up: null }, entry: { info: { os: "Alpine" } } },
  { name: "web2", state: "online", needsLook: true, found: { cpu: 95, down: 1, up: 1 } },
  { name: "nas", state: "offline", needsLook: true, found: { cpu: 99, down: 99, up: 99 } },
  { name: "pi", state: "stale", needsLook: true, found: { cpu: null, down: null, up: null } },
];
const names = (hosts) => hosts.map(({ name }) => name);

test("hosts are sorted with those that have no number last", () => {
  assert.deepEqual(names(sorted(HOSTS, "name")), ["nas", "pi", "web2", "web10"]);
  assert.deepEqual(names(sorted(HOSTS, "status")), ["nas", "pi", "web2", "web10"]);
  assert.deepEqual(names(sorted(HOSTS, "cpu")), ["web2", "web10", "nas", "pi"]);
  assert.deepEqual(names(sorted(HOSTS, "network")), ["web10", "web2", "nas", "pi"]);
});

test("hosts are chosen by state and text", () => {
  const shown = (show, text) => names(HOSTS.filter((host) => matches(host, { show, text })));
  assert.deepEqual(shown("all", ""), ["web10", "web2", "nas", "pi"]);
  assert.deepEqual(shown("online", ""), ["web10", "web2"]);
  assert.deepEqual(shown("trouble", ""), ["web2", "nas", "pi"]);
  assert.deepEqual(shown("all", " ALPINE "), ["web10"]);
  assert.deepEqual(shown("offline", "web"), []);
});

test("hosts are summed up in a sentence", () => {
  assert.equal(summary({ all: 12, online: 11, trouble: 2 }), "12 hosts, 11 online, 2 need a look");
  assert.equal(summary({ all: 1, online: 0, trouble: 1 }), "1 host, 0 online, 1 needs a look");
  assert.equal(summary({ all: 3, online: 3, trouble: 0 }), "3 hosts, 3 online, all is well");
});
