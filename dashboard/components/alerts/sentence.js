// A rule in a sentence, and lengths of time as rules write them.
import { seriesOf } from "../common/alerting.js";
import { metricName } from "../common/metrics.js";
import { words, written } from "../common/units.js";

/** @typedef {import("../common/alerting.js").Rule} Rule */

/** @type {Record<string, string>} */
const PARTS = { mountpoint: "partition", device: "disk" };
/** @type {Record<string, string>} */
const STATISTICS = { mean: "on average of", min: "at the least in", max: "at the most in", change: "by its change over" };

// "CPU: usage ≥ 95 % on average of 15m; over below 85 %"
/** @type {(rule: Rule) => string} */
export function sentence(rule) {
  const held = rule.for ? ` for ${rule.for}` : "";
  switch (rule.kind) {
    case "threshold":
      return `${subject(rule)} ${limit(rule)}${window(rule)}${held}${clear(rule)}`;
    case "forecast":
      return `${subject(rule)} reaches ${number(rule, rule.reaches)} within ${rule.within}, by its last ${rule.window}${held}`;
    case "unusual":
      return `${subject(rule)} is ${rule.deviations ?? 4} standard deviations or more from that hour of the last ${rule.days ?? 7} days${held}`;
    case "state":
      return `${subject(rule)} is ${(rule.bad ?? []).join(" or ")}${held}`;
    case "silent":
      return `${metricName(rule.metric ?? "")}: no reading${held}`;
    default:
      return `The host is offline${held}`;
  }
}

// "all hosts but nas", "pi-*"
/** @type {(rule: Rule) => string} */
export function hostsOf({ hosts = ["*"], except = [] }) {
  const named = hosts.join() === "*" ? "All hosts" : hosts.join(", ");
  return except.length ? `${named} but ${except.join(", ")}` : named;
}

/** @type {(rule: Rule) => string} */
function subject({ metric = "", field = "" }) {
  const steps = field.split(".");
  const { of, field: last } = seriesOf(metric, field);
  const number = last === "celsius" ? "temperature" : words(last).toLowerCase();
  if (!of) return `${metricName(metric)}: ${number}${steps.includes("*") ? " of any part" : ""}`;
  return `${metricName(metric)}: ${number} of ${steps.includes("*") ? `any ${PARTS[of] ?? of}` : steps.slice(1).join(".").replace(`.${last}`, "")}`;
}

/** @type {(rule: Rule) => string} */
function limit(rule) {
  const sign = rule.at_least === undefined ? "≤" : "≥";
  return `${sign} ${number(rule, rule.at_least ?? rule.at_most)}`;
}

/** @type {(rule: Rule) => string} */
function window({ statistic = "last", window: length }) {
  return STATISTICS[statistic] ? ` ${STATISTICS[statistic]} ${length}` : "";
}

/** @type {(rule: Rule) => string} */
function clear(rule) {
  if (rule.clear === undefined) return "";
  return `; over ${rule.at_least === undefined ? "above" : "below"} ${number(rule, rule.clear)}`;
}

// A limit may be the name of a field.
/** @type {(rule: Rule, value: unknown) => string} */
function number({ metric = "", field = "" }, value) {
  if (typeof value !== "number") return `its own ${words(String(value)).toLowerCase()}`;
  const steps = field.split(".").filter((step) => step !== "*");
  return written(metric, steps[steps.length - 1], value).replace(/\.0+(?= |$)/, "");
}
