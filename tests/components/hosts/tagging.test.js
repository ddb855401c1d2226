import assert from "node:assert/strict";
import { test } from "node:test";
import { parsed } from "../../../dashboard/components/hosts/tagging.js";

test("tags are written with commas, and an empty one takes it away", () => {
  assert.deepEqual(parsed(" room=cellar, role = nas,rack="), { room: "cellar", role: "nas", rack: "" });
  assert.deepEqual(parsed("room=a=b"), { room: "a=b" });
});
