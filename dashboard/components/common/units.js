// What a field's name says: units are in the names. For metrics that nobody wrote a card for.
import { bytes, counted, fixed, percent, perSecond, rate } from "./format.js";

const ENDINGS = [
  ["_bytes_per_sec", rate],
  ["_ms_per_sec", fixed("ms/s", 1)],
  ["_per_sec", perSecond],
  ["_iops", perSecond],
  ["percent", percent],
  ["bytes", bytes],
  ["celsius", fixed("°C", 1)],
  ["fahrenheit", fixed("°F", 1)],
  ["_mhz", fixed("MHz")],
  ["_hz", fixed("Hz", 1)],
  ["watts", fixed("W", 1)],
  ["watt_hours", fixed("Wh", 1)],
  ["volts", fixed("V", 2)],
  ["amperes", fixed("A", 2)],
  ["rpm", fixed("rpm")],
  ["hectopascals", fixed("hPa", 1)],
  ["lux", fixed("lx")],
  ["ppm", fixed("ppm")],
  ["dbm", fixed("dBm")],
  ["_ms", fixed("ms", 2)],
  ["seconds", fixed("s", 1)],
];

// value → {number, unit}
export function unitOf(field) {
  if (/^bytes_.*_per_sec$/.test(field)) return rate;
  if (field.startsWith("bytes_")) return bytes;
  return ENDINGS.find(([ending]) => field.endsWith(ending))?.[1] ?? number;
}

function number(value) {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? counted(value) : fixed("", 2)(value);
}

// "soil_moisture_percent" → "Soil moisture"
export function words(name) {
  const units = /(_bytes|_ms|_iops)?_per_sec$|_(percent|bytes|celsius|fahrenheit|mhz|hz|watts|volts|amperes|rpm|hectopascals|lux|ppm|dbm|ms|seconds)$/;
  const said = name.replace(units, "").replaceAll("_", " ").trim() || name;
  return said[0].toUpperCase() + said.slice(1);
}
