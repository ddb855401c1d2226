// Numbers in a unit of the catalogue: {names, base, digits, from_zero}. One name means no steps.
import { NOTHING, plain } from "../common/format.js";

const LONG = 1e5;
const PART_DIGITS = 2;
const PREFIXES = ["", "k", "M", "G", "T"];

// What to divide by, and the name to write, so that `largest` reads well: 2.5e6 B/s → [1e6, "MB/s"].
export function scale({ names, base }, largest) {
  let divisor = 1;
  for (const name of names.slice(0, -1)) {
    if (Math.abs(largest) < divisor * base) return [divisor, name];
    divisor *= base;
  }
  return [divisor, names.at(-1)];
}

export function written(unit, value) {
  if (value == null) return NOTHING;
  const [divisor, name] = scale(unit, value);
  const digits = divisor === 1 && unit.names.length > 1 ? 0 : isPart(unit, value) ? PART_DIGITS : unit.digits;
  return plain(value / divisor, digits, name);
}

// Half a visitor on average is not none, and what nobody declared need not be a count: 0.33, but 12 for 12.4.
function isPart({ digits, names: [name] }, value) {
  return digits === 0 && name === "" && Math.abs(value) < 10 && !Number.isInteger(value);
}

// "+12.5 %": how much `now` is more than `then`; a dash where nothing was.
export function change(now, then) {
  if (now == null || !then) return NOTHING;
  const percent = ((now - then) / Math.abs(then)) * 100;
  return `${percent > 0 ? "+" : ""}${plain(percent, 1, "%")}`;
}

// An axis from min to max in round steps: {min, max, ticks}, about `count` of them.
export function axis(unit, min, max, count) {
  const low = unit.from_zero ? Math.min(0, min) : min;
  const high = max > low ? max : low + (low === 0 ? 1 : Math.abs(low) * 0.1);
  const [divisor] = scale(unit, Math.max(Math.abs(low), Math.abs(high)));
  const step = roundStep((high - low) / divisor / count) * divisor;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { min: first * step, max: last * step, ticks };
}

// The texts of an axis's ticks, all in one unit: "1.5 MB/s". There is no room for the zeros of large counts: "6 G".
export function tickTexts(unit, ticks) {
  const largest = Math.max(...ticks.map(Math.abs));
  const isLong = unit.names.length === 1 && largest >= LONG;
  const [divisor, name] = scale(isLong ? { ...unit, names: PREFIXES.map((prefix) => prefix + unit.names[0]) } : unit, largest);
  return ticks.map((tick) => `${Number((tick / divisor).toPrecision(6)).toLocaleString("en-GB")} ${name}`.trim());
}

function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= raw * 0.999);
}
