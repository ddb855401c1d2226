// Alerts as the API tells them, and what their rules look at.
import { LISTS, PARTS } from "./declared.js";
import { at } from "./paths.js";

/** @typedef {"info" | "warning" | "critical"} Severity */
/** @typedef {Record<string, any> & { kind: string, title: string, metric?: string, field?: string, severity?: Severity }} Rule a table as in alerts.toml */
/** @typedef {{ id: string, origin: "shipped" | "changed" | "own", rule: Rule }} RuleSaid */
/** @typedef {{ host: string, rule: string, part: string, severity: Severity, text: string, since: string, until: string | null }} Told */
/**
 * @typedef {object} Alert where a rule stands on a host
 * @property {string} host
 * @property {string} rule
 * @property {string} title
 * @property {"ok" | "pending" | "firing" | "unknown"} state
 * @property {string} since
 * @property {number | string | boolean | null} value
 * @property {number | string | null} limit
 * @property {Severity} severity
 * @property {string} text
 * @property {string | null} metric
 * @property {string | null} field
 * @property {string | null} acknowledged_by
 * @property {string | null} snoozed_until
 * @property {string | null} paused_until
 */
/** @typedef {{ metric: string, of?: string, field: string, part?: string, host?: string }} Wanted what a rule is to be made for */

const EACH = "*";

// How a rule names a number of the history: ("disk", "mountpoint", "usage_percent") → partitions.*.usage_percent.
/** @type {(metric: string, of: string, field: string, part?: string) => string} */
export function pathOf(metric, of, field, part = EACH) {
  if (!of) return field;
  const list = own(own(LISTS, metric), `${of}.${field}`);
  if (list) return `${list}.${part}`;
  return `${own(own(PARTS, metric), of) ?? of}.${part}.${field}`;
}

// The way back: partitions.*.usage_percent of "disk" → {of: "mountpoint", field: "usage_percent"}.
/** @type {(metric: string, path: string) => { of: string, field: string }} */
export function seriesOf(metric, path) {
  const steps = path.split(".");
  if (steps.length === 1) return { of: "", field: path };
  for (const [key, list] of Object.entries(own(LISTS, metric) ?? {})) {
    const [of, field] = key.split(".");
    if (list === steps[0] && steps.length === 2) return { of, field };
  }
  const found = Object.entries(own(PARTS, metric) ?? {}).find(([, list]) => list === steps[0]);
  return { of: found?.[0] ?? "", field: steps[steps.length - 1] };
}

// A pattern that fits that host only.
/** @type {(host: string) => string} */
export function exactly(host) {
  return host.replace(/[*?[]/g, "[$&]");
}

// Where a rule is made for what a chart shows.
/** @type {(wanted: Wanted) => string} */
export function newRulePath(wanted) {
  const query = new URLSearchParams({ section: "rules", new: "1" });
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
  return `${at("/alerts")}?${query}`;
}

/** @type {(rows: any, name: string) => any} */
function own(rows, name) {
  return rows && Object.hasOwn(rows, name) ? rows[name] : undefined;
}
