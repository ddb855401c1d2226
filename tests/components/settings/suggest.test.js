import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes } from "../../../dashboard/components/settings/messages.js";
import { leaves, suggested } from "../../../dashboard/components/settings/suggest.js";

test("a message suggests a mapping", () => {
  const up = JSON.stringify({ id: "x", object: { soil_moisture: 31.4 }, rx: [{ snr: 5 }] });
  assert.deepEqual(suggested("lora/node-7/up", up), { topic: "lora/{device}/up", path: "object.soil_moisture", field: "soil_moisture", unit: "%" });
  assert.deepEqual(suggested("garden/bed/temperature", "21.5"), { topic: "garden/{device}/{metric}", path: "", field: "", unit: "°C" });
  assert.deepEqual(suggested("house/rain", "3"), { topic: "house/{metric}", path: "", field: "", unit: "" });
  assert.deepEqual(suggested("rain", "3").topic, "rain");
});

test("the values of a message are listed by their way; what is no object has none", () => {
  assert.deepEqual(leaves('{"a":{"b":[1,null]},"c.d":2,"e":true}'), [["a.b.0", 1], ["e", true]]);
  for (const payload of ["21.5", "on", "{", "null", ""]) assert.deepEqual(leaves(payload), []);
});

test("what a message becomes is a line for each reading, or why it becomes nothing", () => {
  const readings = [{ topic: "perfwatch/door/zigbee", reading: { timestamp: "x", contact: 1, contact_text: "closed", temperature_celsius: 21.44 } }];
  assert.equal(becomes({ readings, why: null }), "→ door, zigbee: Contact closed, Temperature 21.4 °C");
  assert.equal(becomes({ readings: [], why: "no rule takes it" }), "no rule takes it");
});
