import assert from "node:assert/strict";
import { test } from "node:test";
import { generic, remembered } from "../../../dashboard/components/live/cards/generic.js";
import { growth } from "../../../dashboard/components/live/cards/lines.js";
import { byPlace } from "../../../dashboard/components/live/cards.js";

const THERMOMETER = { timestamp: "x", battery_percent: 87, humidity_percent: 48.4, linkquality: 110, temperature_celsius: 20.61, voltage_volts: 2.98 };

/** @type {(metric: string, reading: object) => string[]} */
const titles = (metric, reading) => generic(metric, reading).sort(byPlace).map(({ title }) => title);

test("each number of a device has a card, and what tells of itself stands in a list", () => {
  assert.deepEqual(titles("zigbee", THERMOMETER), ["Temperature", "Humidity", "More of zigbee"]);
  const list = generic("zigbee", THERMOMETER).at(-1);
  assert.equal(list.charted, false);
});

test("a card draws its field of live readings and of those of the history", () => {
  const reading = { cells: { a: { volts: 3.3 } }, label: "roof" };
  const [card] = generic("solar_roof", reading);
  assert.deepEqual(card.mains[0].take(reading), { number: "3.30", unit: "V" });
  const [{ lines: [line] }] = card.views;
  assert.deepEqual([line.field, line.take(reading), line.take({ cells_a_volts: 3 })], ["cells_a_volts", 3.3, 3]);
  assert.equal(card.ready({ label: "roof" }), false);
});

test("a state is a strip in words of its own, else in those that its name means", () => {
  const door = { contact: 0 };
  const [card] = generic("zigbee", door);
  assert.deepEqual([card.mains[0].take(door).number, card.mains[0].take({ contact: 1 }).number], ["open", "closed"]);
  assert.equal(card.views[0].format(0.25), "open 75 %");
  const plug = { power: 1, power_text: "ON", energy_power_watts: 5 };
  assert.deepEqual(titles("state", plug), ["Switch", "Power"]);
  assert.equal(generic("state", plug)[0].mains[0].take(plug).number, "on");
});

test("counts that are 1 or 0 are no states", () => {
  for (const field of ["mqtt_messages_total", "press_count", "brightness", "value"]) {
    assert.equal(generic("x", { [field]: 1 })[0].views?.[0].states, undefined);
  }
  assert.ok(generic("esphome_relay", { value: 1, value_text: "ON" })[0].views[0].states);
});

test("what only the history knows has a card too, but for what tells of the device itself", () => {
  const past = /** @type {[string, number][]} */ ([["temperature_celsius", 20], ["linkquality", 90], ["battery_percent", 90], ["voltage_volts", 3], ["contact", 1]]);
  const cards = remembered("zigbee", past, {});
  assert.deepEqual(cards.map(({ title, wide }) => [title, wide]), [["Temperature", false], ["Contact", true]]);
  assert.deepEqual(remembered("zigbee", past, { ...THERMOMETER, contact: 0 }), []);
});

test("a count that went backwards has no rate", () => {
  const past = { reading: { n: 10 }, seconds: 2 };
  assert.deepEqual([growth({ n: 30 }, past, "n"), growth({ n: 5 }, past, "n"), growth({ n: 5 }, null, "n")], [10, null, null]);
});

test("a clock that was set back gives no rate", () => {
  assert.equal(growth({ n: 30 }, { reading: { n: 10 }, seconds: -3600 }, "n"), null);
});
