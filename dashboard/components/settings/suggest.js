// What a mapping of a message may be: which levels of its topic name something, and which value is meant.

/** @typedef {{ topic: string, path: string, field: string, unit: string }} Suggested */

const MOST_LEAVES = 60;
const DEEPEST = 6;

// What is measured, by words in its name.
const UNITS = /** @type {[RegExp, string][]} */ ([
  [/temp/i, "°C"],
  [/humid|moist|battery|percent|level/i, "%"],
  [/power|watt/i, "W"],
  [/energy|kwh/i, "kWh"],
  [/volt/i, "V"],
  [/current|ampere/i, "A"],
  [/pressure|hpa/i, "hPa"],
  [/lux|illuminance|light/i, "lx"],
  [/co2|ppm/i, "ppm"],
]);

/** @type {(topic: string, payload: string) => Suggested} */
export function suggested(topic, payload) {
  const found = leaves(payload);
  const [path] = found.find(([, value]) => typeof value === "number") ?? [""];
  const field = path.split(".").findLast((step) => !/^\d*$/.test(step)) ?? "";
  return { topic: pattern(topic, found.length > 0), path, field, unit: unitOf(field || topic) };
}

// The last level names what is measured, unless the message does; the one after the first names the device.
/** @type {(topic: string, isObject: boolean) => string} */
function pattern(topic, isObject) {
  const levels = topic.split("/");
  if (levels.length > 1 && !isObject) levels[levels.length - 1] = "{metric}";
  if (levels.length > 2) levels[1] = "{device}";
  return levels.join("/");
}

/** @type {(name: string) => string} */
function unitOf(name) {
  return UNITS.find(([words]) => words.test(name))?.[1] ?? "";
}

// The values in a message by their way, as a mapping has it: `data.0.moist`. None of what is no object.
/** @type {(payload: string) => [path: string, value: string | number | boolean][]} */
export function leaves(payload) {
  try {
    const content = JSON.parse(payload);
    return content !== null && typeof content === "object" ? walk(content, "", 1).slice(0, MOST_LEAVES) : [];
  } catch {
    return [];
  }
}

/** @type {(content: object, before: string, depth: number) => [path: string, value: string | number | boolean][]} */
function walk(content, before, depth) {
  return Object.entries(content).flatMap(([name, value]) => {
    const path = before ? `${before}.${name}` : name;
    if (value !== null && typeof value === "object") return depth < DEEPEST ? walk(value, path, depth + 1) : [];
    return value === null || name.includes(".") ? [] : [/** @type {[string, string | number | boolean]} */ ([path, value])];
  });
}
