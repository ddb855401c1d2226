// Cards for a metric that nobody wrote one for: others' devices publish what they like. Each number has a card,
// each state a strip; what only tells how the device itself is, and all text, stands in a list.
import { around, roundUp } from "../../common/scale.js";
import { NOTHING, moment } from "../../common/format.js";
import { metricName } from "../../common/metrics.js";
import { figure, unitOf, words, written } from "../../common/units.js";
import { grid } from "../feet/grid.js";
import { stateText, statesOf } from "../../common/states.js";

/** @typedef {Record<string, unknown>} Reading */
/** @typedef {import("../cards.js").Card<Reading>} Card */
/** @typedef {[field: string, value: unknown]} Entry */

const DEEPEST = 3;
const MOST_CARDS = 24;
const MOST = 100;
const SAYS_NOTHING = new Set(["value", "celsius", "percent", "state"]);
const WORD = "_text";
const ABOUT_ITSELF = /^(battery|link_?quality|lqi$|rssi|wifi_|signal|uptime|heap|sleep|load_avg|mqtt_|link_count|power_outage_count|device_temperature|update|freq|period|total_start)/;
const TOTAL = /_kwh$|_total$/;
const SWITCHES = /^(power|output|relay|ison)$/;
const PRESENCE = "availability";
// What makers shorten.
/** @type {Record<string, string>} */
const LONG = { apower: "Power", aenergy_total: "Energy", linkquality: "Link quality", act_power: "Power", freq: "Frequency", occupancy: "Occupancy", co2: "CO₂", pm25: "PM2.5", pm2_5: "PM2.5", pm10: "PM10", voc: "VOC", rssi: "Signal" };

// The order in which a page shows them: states across the page, numbers, totals, whether it is there, the list.
const [STATE, NUMBER, SUM, THERE, LIST] = [1, 2, 3, 4, 5];
const FIRST = ["celsius", "fahrenheit", "percent", "hectopascals", "parts_per_million", "micrograms", "lux", "decibels", "watts", "volts", "amperes"];

/** @type {(metric: string, reading: Reading) => Card[]} */
export function generic(metric, reading) {
  const all = flat(reading);
  const named = all.filter(([field]) => !field.endsWith(WORD) && !isAboutItself(field, reading));
  const drawn = named.filter(([, value]) => typeof value === "number" || typeof value === "boolean").slice(0, MOST_CARDS);
  const cards = drawn.map(([field, value]) => card(metric, field, stateOf(metric, field, value, reading)));
  const shown = new Set(drawn.flatMap(([field]) => [field, field + WORD]));
  return all.some(([field]) => !shown.has(field)) ? [...cards, list(metric, shown)] : cards;
}

// The cards of fields that only the history knows, by their newest means there. `now` is the newest reading.
/** @type {(metric: string, fields: Entry[], now: Reading) => Card[]} */
export function remembered(metric, fields, now) {
  const known = new Set(flat(now).map(([field]) => field));
  const before = Object.fromEntries(fields);
  return fields.filter(([field]) => !known.has(field) && !isAboutItself(field, before)).slice(0, MOST_CARDS).map(([field, found]) => card(metric, field, stateOf(metric, field, found, {})));
}

/** @type {(metric: string, field: string, states: import("../../common/states.js").States | null) => Card} */
function card(metric, field, states) {
  const place = FIRST.indexOf(unitOf(metric, field).kind);
  const number = NUMBER + (place < 0 ? FIRST.length : place) / 100;
  const rank = metric === PRESENCE ? THERE : states ? STATE : TOTAL.test(field) ? SUM : number;
  return {
    metric,
    key: `${metric}.${field}`,
    rank,
    title: states ? stateTitle(metric, field) : title(metric, field),
    wide: Boolean(states),
    ready: (reading) => value(reading, field) !== null,
    aside: (_reading, { time }) => (time ? moment(time) : ""),
    ...(states ? strip(metric, field, states) : line(metric, field)),
  };
}

/** @type {(metric: string, field: string) => Pick<Card, "mains" | "views">} */
function line(metric, field) {
  const fromZero = unitOf(metric, field).from_zero && !TOTAL.test(field);
  const drawn = { label: title(metric, field), field, color: "series-1", fill: fromZero, told: true, take: (/** @type {Reading} */ reading) => value(reading, field) };
  const least = fromZero ? 1 : 2;
  return {
    mains: [{ name: field, take: (reading) => figure(metric, field, value(reading, field)) }],
    views: [{
      lines: [drawn],
      format: (found) => written(metric, field, found),
      range: (max) => roundUp(max, least),
      scale: fromZero ? undefined : (low, high) => around(low, high, least),
    }],
  };
}

/** @type {(metric: string, field: string, states: import("../../common/states.js").States) => Pick<Card, "mains" | "views">} */
function strip(metric, field, states) {
  const drawn = { label: stateTitle(metric, field), field, color: "series-1", told: true, sums: true, take: (/** @type {Reading} */ reading) => value(reading, field) };
  const said = (/** @type {Reading} */ reading) => String(reading[field + WORD] ?? stateText(states, value(reading, field))).toLowerCase();
  return {
    mains: [{ name: field, take: (reading) => ({ number: said(reading), unit: "" }) }],
    views: [{ lines: [drawn], states, format: (found) => stateText(states, found) }],
  };
}

/** @type {(metric: string, shown: Set<string>) => Card} */
function list(metric, shown) {
  const entries = (/** @type {Reading} */ reading) => flat(reading).filter(([field]) => !shown.has(field)).slice(0, MOST);
  const entry = (/** @type {Entry} */ [field, found]) => /** @type {import("../feet/grid.js").Entry} */ ([title(metric, field.replace(/_text$/, "")), text(metric, field, found), false, field]);
  return {
    metric,
    key: metric,
    rank: LIST,
    title: `More of ${metricName(metric).toLowerCase()}`,
    wide: true,
    charted: false,
    aside: (_reading, { time }) => (time ? moment(time) : ""),
    feet: [grid({ caption: "As published", lines: 8, entries: (reading) => entries(reading).map(entry) })],
  };
}

/** @type {(metric: string, field: string, value: unknown, reading: Reading) => import("../../common/states.js").States | null} */
function stateOf(metric, field, found, reading) {
  const hasWord = field + WORD in reading;
  if (field === "value" && !hasWord) return null; // a plain number on a topic may be any
  return statesOf(SAYS_NOTHING.has(field) ? metric : field, unitOf(metric, field).kind, found, hasWord);
}

/** @type {(field: string, reading: Reading) => boolean} */
function isAboutItself(field, reading) {
  const hasBattery = Object.keys(reading).some((name) => name.startsWith("battery"));
  return ABOUT_ITSELF.test(field) || (hasBattery && field === "voltage_volts");
}

/** @type {(metric: string, field: string) => string} */
function title(metric, field) {
  const own = words(field.replace(/^energy_(?!today|yesterday|month|total)/, ""));
  return SAYS_NOTHING.has(field) || own === "Value" ? metricName(metric) : (LONG[own.toLowerCase().replaceAll(" ", "_")] ?? own);
}

/** @type {(metric: string, field: string) => string} */
function stateTitle(metric, field) {
  return SWITCHES.test(field) ? "Switch" : title(metric, field);
}

// Nested fields under joined names, as the history keeps them: {"a": {"b": [1]}} is a_b_0.
/** @type {(reading: unknown, before?: string, depth?: number) => Entry[]} */
function flat(reading, before = "", depth = 0) {
  return Object.entries(reading ?? {}).flatMap(([name, found]) => {
    if (!before && name === "timestamp") return [];
    if (found !== null && typeof found === "object") return depth < DEEPEST ? flat(found, `${before}${name}_`, depth + 1) : [];
    return [[before + name, found]];
  });
}

/** @type {(reading: Reading, field: string) => number | null} */
function value(reading, field) {
  const found = flat(reading).find(([name]) => name === field)?.[1];
  return typeof found === "boolean" ? Number(found) : typeof found === "number" ? found : null;
}

/** @type {(metric: string, field: string, found: unknown) => string} */
function text(metric, field, found) {
  const states = statesOf(field, unitOf(metric, field).kind, found, false);
  if (states) return stateText(states, Number(found));
  if (typeof found === "number") return written(metric, field, found);
  return found === null ? NOTHING : String(found);
}
