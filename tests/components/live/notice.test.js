import assert from "node:assert/strict";
import { test } from "node:test";
import { notice } from "../../../dashboard/components/live/notice.js";

const ONLINE = { host: "a", status: "online" };
const SAID = [
  [{ host: null, hosts: [] }, "No readings yet."],
  [{ host: "x", hosts: [ONLINE] }, "There is no host called x. Known are a"],
  [{ host: "a", hosts: [{ host: "a", status: "offline" }], shown: 0 }, "a is offline since"],
  [{ host: "a", hosts: [ONLINE], late: true }, "No reading of a yet, although it says"],
  [{ host: "a", hosts: [{ host: "a", kind: "device" }], late: true }, "No reading of a yet. It publishes by itself"],
  [{ host: "a", hosts: [ONLINE], shown: 0, trouble: { broker: "Lost." } }, "Lost."],
  [{ host: "a", hosts: [ONLINE], shown: 0, unfilled: "no store" }, "The charts begin now"],
];

test("what matters most is said first", () => {
  for (const [state, said] of SAID) {
    const { text } = notice({ shown: null, late: false, trouble: {}, unfilled: null, ...state });
    assert.ok(text.startsWith(said), text);
  }
});

test("nothing is said when all is well", () => {
  assert.equal(notice({ host: "a", hosts: [ONLINE], shown: 0, late: false, trouble: {}, unfilled: null }).text, "");
});
