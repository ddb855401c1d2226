// The numbers in readings that nobody declared, named and written by what their fields are called.
import { bytes, joined, percent, plain, rate } from "../common/format.js";

const UNITS = [
  [/(^|_)percent$/, (value) => joined(percent(value))],
  [/(^|_)bytes_per_sec$|^bytes_.*_per_sec$/, (value) => joined(rate(value))],
  [/_per_sec$/, (value) => `${short(value)} /s`],
  [/(^|_)bytes$/, (value) => joined(bytes(value))],
  [/(^|_)celsius$/, (value) => plain(value, 1, "°C")],
  [/(^|_)fahrenheit$/, (value) => plain(value, 1, "°F")],
  [/(^|_)watts?$/, (value) => `${short(value)} W`],
  [/(^|_)kwh$/, (value) => `${short(value)} kWh`],
  [/(^|_)volts?$/, (value) => `${short(value)} V`],
  [/(^|_)amperes?$/, (value) => `${short(value)} A`],
  [/(^|_)hpa$/, (value) => `${short(value)} hPa`],
  [/(^|_)(lux|ppm|rpm|dbm|mhz|ms)$/, (value, unit) => `${short(value)} ${WRITTEN[unit] ?? unit}`],
  [/(^|_)seconds$/, (value) => `${short(value)} s`],
];
const WRITTEN = { lux: "lx", dbm: "dBm", mhz: "MHz" };
const UNIT_IN_NAME = /_(percent|bytes|bytes_per_sec|per_sec|celsius|fahrenheit|watts?|kwh|volts?|amperes?|hpa|lux|ppm|rpm|dbm|mhz|ms|seconds)$/;
const SAYS_NOTHING = new Set(["value", "celsius", "percent", "state"]);

// [{label, text, value}] of a tick's readings, by name: a list that stays in place.
export function numbers(data) {
  return Object.entries(data).sort(byName).flatMap(([metric, reading]) =>
    Object.entries(reading).filter(([, value]) => Number.isFinite(value)).sort(byName).map(([field, value]) =>
      ({ key: `${metric}.${field}`, metric, field, label: label(metric, field), text: written(field, value), value })));
}

export function label(metric, field) {
  const own = words(field);
  return SAYS_NOTHING.has(field) || own === words(metric) ? words(metric) : `${words(metric)}: ${own.toLowerCase()}`;
}

export function written(field, value) {
  const [match, write] = UNITS.map(([pattern, as]) => [pattern.exec(field), as]).find(([found]) => found) ?? [];
  return match ? write(value, match[0].replace("_", "")) : short(value);
}

function words(name) {
  const said = name.replace(UNIT_IN_NAME, "").replaceAll("_", " ").trim() || name;
  return said[0].toUpperCase() + said.slice(1);
}

function short(value) {
  return plain(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) < 10 ? 2 : 1);
}

function byName([a], [b]) {
  return a < b ? -1 : 1;
}
