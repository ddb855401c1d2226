// One rule less for one host, and the way back.
import { ask } from "./ask.js";
import { exactly } from "./alerting.js";

// Gives what takes it back. Throws Failed.
/** @type {(alert: { host: string, rule: string }) => Promise<() => Promise<void>>} */
export async function switchOff({ host, rule }) {
  const path = `/api/alerts/rules/${encodeURIComponent(rule)}`;
  const { rule: before } = await ask(path);
  const except = [...(before.except ?? []), exactly(host)];
  await ask(path, { method: "PUT", body: { rule: { ...before, except } } });
  return async () => {
    await ask(path, { method: "PUT", body: { rule: before } });
  };
}
