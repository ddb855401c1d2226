// Addresses of our own pages, with the choices that they read from them.
import { at } from "./paths.js";

/** @typedef {{ host: string, metric: string, fields?: string[], of?: string, parts?: string[], period?: Record<string, string> }} Series */

/** @type {(host: string) => string} */
export function livePath(host) {
  return `${at("/live")}?${new URLSearchParams({ host })}`;
}

// `fields` and `parts` are lists; `of` is what the parts are (core, interface, …), empty for the whole host.
/** @type {(series: Series) => string} */
export function historyPath({ host, metric, fields = [], of = "", parts = [], period = { range: "1h" } }) {
  const query = new URLSearchParams({ host, metric });
  if (of) query.set("of", of);
  for (const field of fields) query.append("field", field);
  for (const part of parts) query.append("part", part);
  for (const [name, value] of Object.entries(period)) query.set(name, value);
  return `${at("/history")}?${query}`;
}
