// Times and lengths of time, in words and as they are typed, in the browser's zone.

/** @typedef {[start: number, stop: number]} Span in ms */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SHORTEST = 10 * SECOND; // what a zoom may show

/** @type {Map<string, Intl.DateTimeFormat>} */
const texts = new Map();

/** @type {(time: number, options: Intl.DateTimeFormatOptions) => string} */
function format(time, options) {
  const key = JSON.stringify(options);
  const text = texts.get(key) ?? new Intl.DateTimeFormat("en-GB", options);
  texts.set(key, text);
  return text.format(time);
}

/** @type {(time: number, seconds: boolean) => string} */
const clockText = (time, seconds) =>
  format(time, { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined });
/** @type {(time: number) => string} */
const dayText = (time) => format(time, { day: "numeric", month: "short" });
/** @type {(time: number) => string} */
const yearText = (time) => format(time, { day: "numeric", month: "short", year: "numeric" });

// "23 Nov 2026, 14:08:38".
/** @type {(time: number) => string} */
export function said(time) {
  return `${yearText(time)}, ${clockText(time, true)}`;
}

// What a bucket covers: "23 Nov, 14:00 – 14:05", or its one moment.
/** @type {(time: number, interval: number) => string} */
export function bucketText(time, interval) {
  const seconds = interval < MINUTE;
  const day = format(time, { weekday: "short", day: "numeric", month: "short" });
  if (interval < 10 * SECOND) return `${day}, ${clockText(time, true)}`;
  const end = dayText(time + interval) === dayText(time) ? "" : `${dayText(time + interval)}, `;
  return `${day}, ${clockText(time, seconds)} – ${end}${clockText(time + interval, seconds)}`;
}

// "23 Nov 2026, 14:00 – 24 Nov 2026, 14:00".
/** @type {(span: Span) => string} */
export function spanText([start, stop]) {
  const seconds = stop - start < HOUR;
  const sameDay = yearText(start) === yearText(stop);
  return `${yearText(start)}, ${clockText(start, seconds)} – ${sameDay ? "" : `${yearText(stop)}, `}${clockText(stop, seconds)}`;
}

// An axis's ticks: the time of day, and the day where it begins.
/** @type {(ticks: number[]) => string[]} */
export function axisTexts(ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : HOUR;
  return ticks.map((time, index) => {
    if (step >= 23 * HOUR) return dayText(time); // a day is 23 hours long once a year
    const text = clockText(time, step < MINUTE);
    const newDay = index === 0 || dayText(time) !== dayText(ticks[index - 1]);
    return newDay ? `${text}\n${dayText(time)}` : text;
  });
}

// A bucket's length: "15 s", "5 min", "3 h".
/** @type {(milliseconds: number) => string} */
export function lengthText(milliseconds) {
  for (const [name, length] of Object.entries({ d: DAY, h: HOUR, min: MINUTE })) {
    if (milliseconds % length === 0) return `${milliseconds / length} ${name}`;
  }
  return `${milliseconds / SECOND} s`;
}

// "Europe/Berlin (UTC+02:00, from 25 Oct UTC+01:00)".
/** @type {(span: Span) => string} */
export function zoneText([start, stop]) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const [first, last] = [start, stop].map(offsetText);
  if (first === last) return timeZone === first ? first : `${timeZone} (${first})`;
  return `${timeZone} (${first}, from ${dayText(changeBetween(start, stop))} ${last})`;
}

/** @type {(time: number) => string} */
function offsetText(time) {
  const minutes = -new Date(time).getTimezoneOffset();
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const size = Math.abs(minutes);
  return minutes ? `UTC${minutes < 0 ? "−" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}` : "UTC";
}

/** @type {(start: number, stop: number) => number} */
function changeBetween(start, stop) {
  let [before, after] = [start, stop];
  while (after - before > MINUTE) {
    const middle = (before + after) / 2;
    if (offsetText(middle) === offsetText(start)) before = middle;
    else after = middle;
  }
  return after;
}

// [start, stop] moved by `share` of its length, or made `factor` times as long around its middle.
/** @type {(span: Span, share: number) => Span} */
export function moved([start, stop], share) {
  const by = (stop - start) * share;
  return [start + by, stop + by];
}

/** @type {(span: Span, factor: number) => Span} */
export function widened([start, stop], factor) {
  const middle = (start + stop) / 2;
  const half = Math.max(SHORTEST, (stop - start) * factor) / 2;
  return [middle - half, middle + half];
}

// A time as <input type="datetime-local"> has it, in the browser's zone, and back.
/** @type {(time: number) => string} */
export function toInput(time) {
  const date = new Date(time);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [String(date.getFullYear()).padStart(4, "0"), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** @type {(text: string) => number | null} */
export function fromInput(text) {
  const time = new Date(text).getTime();
  return Number.isNaN(time) ? null : time;
}

/** @type {(time: number) => string} */
export function iso(time) {
  return new Date(Math.round(time)).toISOString();
}

/** @type {(text: string | null) => number | null} */
export function timeOf(text) {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? null : time;
}
