// Numbers as people read them. What could not be read is shown as a dash, never as 0.

/** @typedef {{ number: string, unit: string }} Figure */

export const NOTHING = "–";
const SI = ["B", "kB", "MB", "GB", "TB", "PB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** @type {(value: unknown) => value is number} */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// Three figures are as much as one reads at a glance: 1.24, 12.4, 124.
/** @type {(value: number) => string} */
function threeFigures(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** @type {(value: number, base: number, units: string[]) => Figure} */
function scaled(value, base, units) {
  let step = 0;
  while (Math.abs(value) >= base * 0.9995 && step < units.length - 1) {
    value /= base;
    step += 1;
  }
  return { number: step === 0 ? value.toFixed(0) : threeFigures(value), unit: units[step] };
}

/** @type {(value: unknown) => Figure} */
export function percent(value) {
  return isNumber(value) ? { number: value.toFixed(1), unit: "%" } : { number: NOTHING, unit: "%" };
}

/** @type {(value: unknown) => Figure} */
export function rate(value) {
  if (!isNumber(value)) return { number: NOTHING, unit: "B/s" };
  const { number, unit } = scaled(value, 1000, SI);
  return { number, unit: `${unit}/s` };
}

/** @type {(value: unknown) => Figure} */
export function bytes(value) {
  return isNumber(value) ? scaled(value, 1000, SI) : { number: NOTHING, unit: "B" };
}

// Memory is made in powers of two, and is counted so.
/** @type {(value: unknown) => Figure} */
export function memory(value) {
  return isNumber(value) ? scaled(value, 1024, BINARY) : { number: NOTHING, unit: "B" };
}

// A count in steps of a thousand: 12.4 M.
/** @type {(value: unknown) => Figure} */
export function counted(value) {
  return isNumber(value) ? scaled(value, 1000, ["", "k", "M", "G", "T", "P"]) : { number: NOTHING, unit: "" };
}

/** @type {(value: unknown) => Figure} */
export function perSecond(value) {
  if (!isNumber(value)) return { number: NOTHING, unit: "/s" };
  if (Math.abs(value) < 100) return { number: value.toFixed(1), unit: "/s" };
  const { number, unit } = counted(value);
  return { number, unit: `${unit}/s` };
}

// A number with a unit that does not scale.
/** @type {(unit: string, digits?: number) => (value: unknown) => Figure} */
export function fixed(unit, digits = 0) {
  return (value) => ({ number: plain(value, digits), unit });
}

/** @type {(figure: Figure) => string} */
export function joined({ number, unit }) {
  return number === NOTHING ? NOTHING : `${number} ${unit}`.trimEnd();
}

/** @type {(value: unknown, digits?: number, unit?: string) => string} */
export function plain(value, digits = 0, unit = "") {
  if (!isNumber(value)) return NOTHING;
  const number = value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit ? `${number} ${unit}` : number;
}

/** @type {(megahertz: unknown) => string} */
export function frequency(megahertz) {
  if (!isNumber(megahertz)) return NOTHING;
  return megahertz >= 1000 ? `${(megahertz / 1000).toFixed(2)} GHz` : `${megahertz.toFixed(0)} MHz`;
}

/** @type {(milliseconds: number | null) => string} */
export function age(milliseconds) {
  if (!isNumber(milliseconds)) return NOTHING;
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s ago`;
  return `${span(seconds)} ago`;
}

// A length of time in its two largest units: "3 d 4 h".
/** @type {(seconds: number) => string} */
export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

/** @type {(values: unknown[] | null | undefined) => number | null} */
export function mean(values) {
  const known = (values ?? []).filter(isNumber);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/** @type {(milliseconds: number) => string} */
export function timeOfDay(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString("en-GB");
}

// "14:03:22" today, "23 Nov, 14:03" on another day.
/** @type {(milliseconds: number, now?: number) => string} */
export function moment(milliseconds, now = Date.now()) {
  const date = new Date(milliseconds);
  if (date.toDateString() === new Date(now).toDateString()) return timeOfDay(milliseconds);
  return date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

// "25 Nov 2026, 01:22", of a time as the API writes it; a dash when there is none.
/** @type {(text: string | null | undefined) => string} */
export function dated(text) {
  if (!text) return NOTHING;
  return new Date(text).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}
