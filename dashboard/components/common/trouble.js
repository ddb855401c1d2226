// What the dashboard itself lacks, as sentences. To be asked when readings are late, not by a clock.
import { at } from "./paths.js";

// {broker, store}: each null when that part answers, else a sentence with what to do.
/** @type {() => Promise<{ broker: string | null, store: string | null }>} */
export async function trouble() {
  const response = await fetch(at("/health")).catch(() => null);
  const health = await response?.json().catch(() => null);
  return {
    broker: sentence(health?.broker, "The dashboard has lost the broker", "Check that Mosquitto is running"),
    store: sentence(health?.store, "The history cannot be read", "Check that its database is running"),
  };
}

/** @type {(said: string | undefined, what: string, advice: string) => string | null} */
function sentence(said, what, advice) {
  if (!said || said === "ok") return null;
  return `${what}: ${said.replace(/\.$/, "")}. ${advice}; this page goes on by itself when it is back.`;
}
