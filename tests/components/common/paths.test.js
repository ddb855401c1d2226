import assert from "node:assert/strict";
import { test } from "node:test";
import { safePath } from "../../../dashboard/components/common/paths.js";

const ORIGIN = "http://nas.lan:8000";
const ELSEWHERE = [
  "//evil.example/x", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)",
  "evil.example", "/a/..//evil.example", "/login?next=/login", "", null,
];

test("the login page never leads elsewhere", () => {
  for (const wanted of ELSEWHERE) assert.equal(safePath(wanted, ORIGIN), "/", String(wanted));
});

test("the login page leads back with every choice", () => {
  const asked = "/history?range=6h&field=user&field=system";
  assert.equal(safePath(asked, ORIGIN), asked);
});
