import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsFor } from "../../../dashboard/components/hosts/columns.js";
import { counts, grouped, matches, sorted, summary, summed } from "../../../dashboard/components/hosts/order.js";

const host = (name, state, row, tags = {}, needsLook = state !== "online") => ({ kind: "machine", name, state, needsLook, row, tags });
const HOSTS = [
  host("web10", "online", { cpu: 5, down: 9, os: "Alpine" }, { room: "rack", role: "web" }),
  host("web2", "online", { cpu: 95, down: 1, up: 1 }, { room: "attic", role: "web" }, true),
  host("nas", "offline", { cpu: 99, down: 99, up: 99 }, { room: "rack" }),
  host("pi", "stale", {}),
];
const DEVICE = { kind: "device", name: "lamp", state: "online", needsLook: false, row: {}, tags: { room: "attic" } };
const names = (hosts) => hosts.map(({ name }) => name);
const by = (name, isReversed = false) => ({ column: columnsFor(["room"]).find((one) => one.name === name), isReversed });

const ORDERS = [
  ["name", ["nas", "pi", "web2", "web10"], ["web10", "web2", "pi", "nas"]],
  ["status", ["nas", "pi", "web2", "web10"], ["web10", "web2", "pi", "nas"]],
  ["cpu", ["web2", "web10", "nas", "pi"], ["web10", "web2", "nas", "pi"]],
  ["network", ["web10", "web2", "nas", "pi"], ["web2", "web10", "nas", "pi"]],
  ["tag.room", ["web2", "nas", "web10", "pi"], ["nas", "web10", "web2", "pi"]],
];
for (const [column, forward, back] of ORDERS) {
  test(`hosts are sorted by ${column} both ways, with those that have none last`, () => {
    assert.deepEqual(names(sorted(HOSTS, by(column))), forward);
    assert.deepEqual(names(sorted(HOSTS, by(column, true))), back);
  });
}

test("hosts are chosen by state, text and tag", () => {
  const shown = (show, text) => names([...HOSTS, DEVICE].filter((one) => matches(one, { show, text })));
  assert.deepEqual(shown("all", ""), ["web10", "web2", "nas", "pi", "lamp"]);
  assert.deepEqual(shown("online", ""), ["web10", "web2"]);
  assert.deepEqual(shown("trouble", ""), ["web2", "nas", "pi"]);
  assert.deepEqual(shown("all", " ALPINE "), ["web10"]);
  assert.deepEqual(shown("all", "room=attic"), ["web2", "lamp"]);
  assert.deepEqual(shown("offline", "web"), []);
});

test("without a tag devices stand below the hosts", () => {
  const groups = grouped([DEVICE, ...HOSTS], "");
  assert.deepEqual(groups.map(({ title, things }) => [title, things.length]), [[null, 4], ["Devices", 1]]);
});

test("groups come with the worst state first", () => {
  const groups = grouped([...HOSTS, DEVICE], "room");
  assert.deepEqual(groups.map(({ title, things }) => [title, names(things)]), [
    ["rack", ["web10", "nas"]],
    ["No room", ["pi"]],
    ["attic", ["web2", "lamp"]],
  ]);
  assert.deepEqual(groups.map(({ things }) => summed(things)), ["2 hosts, 1 needs a look", "1 host, 1 needs a look", "1 host, 1 device, 1 needs a look"]);
});

test("a tag may be called as JavaScript's objects have something", () => {
  const [column] = columnsFor(["constructor"]).filter(({ name }) => name === "tag.constructor");
  assert.deepEqual([column.text(HOSTS[0]), column.key(HOSTS[0])], ["", null]);
  assert.deepEqual(grouped(HOSTS, "constructor").map(({ title }) => title), ["No constructor"]);
});

test("hosts are summed up in a sentence", () => {
  assert.deepEqual(counts([...HOSTS, { ...DEVICE, needsLook: true }]), { all: 4, online: 2, offline: 1, trouble: 4 });
  assert.equal(summary({ all: 12, online: 11, trouble: 2 }), "12 hosts, 11 online, 2 need a look");
  assert.equal(summary({ all: 1, online: 0, trouble: 1 }), "1 host, 0 online, 1 needs a look");
  assert.equal(summary({ all: 3, online: 3, trouble: 0 }), "3 hosts, 3 online, all is well");
});
