// What takes in others' devices, as people call it, and which topics it reads.

/** @type {Record<string, [name: string, topics: string]>} */
const SOURCES = {
  homeassistant: ["Home Assistant’s discovery", "all that announces itself to Home Assistant"],
  zigbee2mqtt: ["Zigbee2MQTT", "zigbee2mqtt/<name>"],
  tasmota: ["Tasmota", "tele/<topic>/SENSOR, STATE and LWT"],
  shelly: ["Shelly", "shellies/…, <id>/status/…, <id>/events/rpc"],
  esphome: ["ESPHome", "<node>/<component>/<id>/state"],
  homie: ["Homie", "homie/<device>/…"],
  sparkplug: ["Sparkplug B", "spBv1.0/…"],
  rtl_433: ["rtl_433", "rtl_433/<host>/events"],
  telegraf: ["Telegraf", "telegraf/… as JSON"],
  plain: ["Plain numbers", "numbers and words like “on”, on any topic"],
};

/** @type {(source: string) => string} */
export function sourceName(source) {
  return SOURCES[source]?.[0] ?? source;
}

/** @type {(source: string) => string} */
export function sourceTopics(source) {
  return SOURCES[source]?.[1] ?? "";
}

// The presets that most people look for come first.
/** @type {(one: string, other: string) => number} */
export function byRenown(one, other) {
  const place = (/** @type {string} */ name) => (Object.keys(SOURCES).indexOf(name) + 1 || 100);
  return place(one) - place(other);
}
