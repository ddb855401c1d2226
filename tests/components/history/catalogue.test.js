import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalogue } from "../../../dashboard/components/history/catalogue.js";
import { read } from "../../../dashboard/components/history/view.js";

const field = (name, unit) => ({ name, label: name, unit });
const core = (number) => ({ name: String(number), label: `Core ${number}`, hosts: number < 2 ? [0, 1] : [0] });
const unit = { names: ["%"], base: 1000, digits: 1, from_zero: true };
const catalogue = new Catalogue({
  metrics: [{
    name: "cpu",
    label: "CPU",
    hosts: ["nas", "pi"],
    of: [
      { tag: "", label: "Whole host", parts: [],
        fields: [field("usage_percent", "percent"), field("celsius", "celsius"), field("user", "percent"), field("switches", "count")] },
      { tag: "core", label: "Core", fields: [field("usage_percent", "percent")], parts: [0, 1, 2, 3, 4, 5].map(core) },
    ],
  }],
  units: { percent: unit, celsius: unit, count: unit },
});
const asked = (view) => ({ ...read(""), ...view });
const complete = (view, favourite = null) => catalogue.complete(asked(view), favourite);

test("it begins with the first number of the favourite host", () => {
  const { metric, of, hosts, fields, parts } = complete({}, "pi");
  assert.deepEqual([metric, of, hosts, fields, parts], ["cpu", "", ["pi"], ["usage_percent"], []]);
  assert.deepEqual(complete({}, "gone").hosts, ["nas"]);
});

test("the first parts of the chosen hosts are offered", () => {
  assert.deepEqual(complete({ of: "core", hosts: ["nas"] }).parts, ["0", "1", "2", "3"]);
  assert.deepEqual(complete({ of: "core", hosts: ["pi"] }).parts, ["0", "1"]);
  assert.deepEqual(complete({ of: "core", hosts: ["pi"], parts: ["1", "5"] }).parts, ["1"]);
});

test("a host that is not there is named, and no other is shown for it", () => {
  assert.deepEqual(complete({ hosts: ["gone"] }).hosts, []);
  assert.match(catalogue.missing(asked({ hosts: ["gone", "nas"] })), /“gone”/);
  assert.match(catalogue.missing(asked({ metric: "weather" })), /“weather”/);
  assert.equal(catalogue.missing(asked({ metric: "cpu", hosts: ["nas"] })), "");
});

test("a chart has room for two units", () => {
  const sides = catalogue.sides(asked({ metric: "cpu", of: "", fields: ["usage_percent", "celsius", "user", "switches"] }));
  assert.deepEqual(sides, { drawn: ["usage_percent", "celsius", "user"], left: ["switches"] });
});
