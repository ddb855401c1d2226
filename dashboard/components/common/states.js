// What is one of two words, by the name of its field: a door that is open, a lamp that is on.

/** @typedef {{ words: [zero: string, one: string], lit: 0 | 1 }} States `lit` is the one that stands out */

const STATES = /** @type {[RegExp, States][]} */ ([
  [/contact/, { words: ["open", "closed"], lit: 0 }],
  [/door|window|opening|cover|garage|valve/, { words: ["closed", "open"], lit: 1 }],
  [/occupancy|presence|motion|smoke|gas|carbon_monoxide|vibration|tamper|sound|problem/, { words: ["clear", "detected"], lit: 1 }],
  [/leak|water|wet/, { words: ["dry", "wet"], lit: 1 }],
  [/lock/, { words: ["unlocked", "locked"], lit: 0 }],
  [/battery_low|low_battery/, { words: ["fine", "low"], lit: 1 }],
  [/available|online|connect/, { words: ["unavailable", "available"], lit: 1 }],
]);
const SWITCH = /** @type {States} */ ({ words: ["off", "on"], lit: 1 });

// Counts begin at 0 and 1 too.
const COUNTED = /count|total|number|level|position|brightness|index|code|version|value|_id$|^id$/;

// Null for what is no state: `unit` is that of its name, `value` the newest.
/** @type {(field: string, unit: string, value: unknown, hasWord: boolean) => States | null} */
export function statesOf(field, unit, value, hasWord) {
  const isBinary = value === 0 || value === 1 || typeof value === "boolean";
  if (!isBinary || (!hasWord && (unit !== "count" || COUNTED.test(field)))) return null;
  return STATES.find(([pattern]) => pattern.test(field))?.[1] ?? SWITCH;
}

// "open", or of a longer time in which it was both: "open 30 %".
/** @type {(states: States, value: number | null) => string} */
export function stateText({ words, lit }, value) {
  if (value === null) return "–";
  if (value === 0 || value === 1) return words[value];
  return `${words[lit]} ${Math.round(100 * (lit ? value : 1 - value))} %`;
}
