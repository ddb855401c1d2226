// What a field's name says: units are in the names. For metrics that nobody wrote a card for.
import { bytes, counted, fixed, joined, percent, perSecond, plain, rate } from "./format.js";

const UNITS = {
  bytes_per_sec: rate,
  ms_per_sec: short("ms/s"),
  per_sec: perSecond,
  percent,
  bytes,
  celsius: fixed("°C", 1),
  fahrenheit: fixed("°F", 1),
  mhz: fixed("MHz"),
  hz: short("Hz"),
  watts: short("W"),
  watt_hours: short("Wh"),
  kwh: short("kWh"),
  volts: short("V"),
  amperes: short("A"),
  rpm: fixed("rpm"),
  hpa: short("hPa"),
  hectopascals: short("hPa"),
  lux: short("lx"),
  ppm: fixed("ppm"),
  dbm: fixed("dBm"),
  ms: short("ms"),
  seconds: short("s"),
};
const ENDING = new RegExp(`(?:^|_)(${Object.keys(UNITS).join("|")})$`);

// value → {number, unit}
export function unitOf(field) {
  if (/^bytes_.*_per_sec$/.test(field)) return rate;
  if (field.startsWith("bytes_")) return bytes;
  if (field.endsWith("_iops")) return perSecond;
  return UNITS[ENDING.exec(field)?.[1]] ?? number;
}

export function written(field, value) {
  return joined(unitOf(field)(value));
}

// "soil_moisture_percent" → "Soil moisture"
export function words(name) {
  const said = name.replace(ENDING, "").replaceAll("_", " ").trim() || name;
  return said[0].toUpperCase() + said.slice(1);
}

function number(value) {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? counted(value) : short("")(value);
}

// As many digits as one reads at a glance, in a unit that does not scale: 412 W, 21.5 W, 0.33 W.
function short(unit) {
  return (value) => {
    const size = Math.abs(value);
    return { number: plain(value, Number.isInteger(value) || size >= 100 ? 0 : size < 10 ? 2 : 1), unit };
  };
}
