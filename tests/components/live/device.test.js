import assert from "node:assert/strict";
import { test } from "node:test";
import { byRoom, conditionOf, deviceFacts } from "../../../dashboard/components/live/device.js";

const known = { host: "kitchen_window", kind: "device", status: null, device: { source: "zigbee2mqtt", name: "window", manufacturer: "Aqara", model: "MCCGQ11LM", tags: { room: "kitchen" } } };

test("a device is told by its name, room, model, battery and link", () => {
  const condition = { ...conditionOf({ battery_percent: 86.6, linkquality: 110 }), ...conditionOf({ available: 0 }) };
  assert.deepEqual(deviceFacts(known, condition), ["window", "kitchen", "Aqara MCCGQ11LM", "by Zigbee2MQTT", "battery 87\u00a0%", "link 110", "unavailable"]);
  assert.deepEqual(deviceFacts({ ...known, device: { source: "plain" } }, {}), ["by Plain numbers"]);
});

test("a maker's name is not told twice, and a tag given on the page goes before the device's own room", () => {
  const air = { ...known, host: "window", device: { ...known.device, manufacturer: "AirGradient", model: "AirGradient ONE" }, tags: { room: "study" } };
  assert.deepEqual(deviceFacts(air, {}), ["study", "AirGradient ONE", "by Zigbee2MQTT"]);
});

test("devices are chosen by room, after the hosts", () => {
  const hosts = [
    { host: "a", kind: "device", status: null },
    { host: "nas", kind: "collector", status: "offline" },
    known,
  ];
  assert.deepEqual(byRoom(hosts), [
    { name: "Hosts", options: [["nas", "nas (offline)"]] },
    { name: "kitchen", options: [["kitchen_window", "kitchen_window"]] },
    { name: "Devices", options: [["a", "a"]] },
  ]);
});
