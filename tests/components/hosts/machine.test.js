import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "../../../dashboard/components/common/clock.js";
import { Machine } from "../../../dashboard/components/hosts/machine.js";

const SEEN = Math.floor(clock.now() / 1000);

test("a host is out of trouble when its numbers are, also within a second", () => {
  const web = new Machine("web1");
  web.learn({ kind: "collector", status: "online", interval: 60, cpu: 95, temperature: 86, seen: SEEN }, true);
  assert.deepEqual(web.troubles, ["CPU busy", "hot"]);
  web.learn({ cpu: 12, temperature: 45 });
  assert.deepEqual(web.troubles, []);
});
