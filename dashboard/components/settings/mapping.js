// A mapping of one's own, made from a message that came: what it becomes is shown while it is being made.
import { Failed, ask } from "../common/ask.js";
import { attempt } from "../common/forms.js";
import { element } from "../common/parts.js";
import { sourceName } from "../common/sources.js";
import { becomes } from "./messages.js";
import { leaves, suggested } from "./suggest.js";

/** @typedef {import("./messages.js").Message} Message */

const UNITS = ["°C", "°F", "%", "W", "kW", "Wh", "kWh", "V", "mV", "A", "mA", "hPa", "lx", "ppm", "µg/m³", "dB", "dBm", "Hz", "rpm", "s", "min"];
const PAUSE_MS = 400;
const ALL = "All of it";

export class MappingForm {
  #parts;
  #form;
  #kept;
  /** @type {number | undefined} */
  #timer;

  /** @param {import("../common/forms.js").Given} page @param {() => Promise<void>} kept what is to be done then */
  constructor({ parts }, kept) {
    this.#parts = parts;
    this.#form = parts.get("mapping");
    this.#kept = kept;
    const { unit, path } = this.#form.elements;
    unit.append(option("", "as its name says"), ...UNITS.map((one) => option(one, one)));
    path.append(option("", ALL));
    this.#form.addEventListener("input", (/** @type {Event} */ { target }) => this.#changed(target));
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#keep(event));
  }

  // With what that message suggests.
  /** @param {Message} message */
  begin({ topic, payload, rule }) {
    const found = suggested(topic, payload);
    this.#form.elements.payload.value = payload;
    this.#offer(payload);
    for (const [name, value] of Object.entries({ scale: "1", kind: "any", ...found })) this.#form.elements[name].value = value;
    this.#form.dataset.topic = topic;
    const before = rule?.startsWith("mapping ") ? "the first mapping that fits counts" : "a mapping of your own goes before";
    this.#parts.text("mapping-said", rule ? `Taken already by ${sourceName(rule)}: ${before}.` : "");
    this.#form.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.#form.elements.topic.focus({ preventScroll: true });
    this.#try();
  }

  /** @param {EventTarget | null} target */
  #changed(target) {
    const { payload } = this.#form.elements;
    if (target === payload) this.#offer(payload.value);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), PAUSE_MS);
  }

  // The values of the message that there are to choose from.
  /** @param {string} payload */
  #offer(payload) {
    const { path } = this.#form.elements;
    const before = path.value;
    path.replaceChildren(option("", ALL), ...leaves(payload).map(([one, value]) => option(one, `${one} (${value})`)));
    path.value = [...path.options].some(({ value }) => value === before) ? before : "";
  }

  // As a table of devices.toml, without what is as it is by default.
  get #mapping() {
    const { topic, path, field, unit, scale, kind } = this.#form.elements;
    const given = { topic: topic.value.trim(), path: path.value, field: field.value.trim(), unit: unit.value, scale: Number(scale.value || 1), kind: kind.value };
    return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== "" && !(name === "scale" && value === 1) && !(name === "kind" && value === "any")));
  }

  async #try() {
    const { topic, payload } = this.#form.elements;
    const shown = this.#parts.get("becomes");
    if (!topic.value.trim() || !payload.value) return shown.replaceChildren();
    const body = { topic: example(topic.value.trim(), this.#form.dataset.topic ?? ""), payload: payload.value, mapping: this.#mapping };
    try {
      const [message] = (await ask("/api/devices/try", { method: "POST", body })).messages;
      shown.textContent = message.readings.length ? becomes(message) : `Not taken: ${message.why}`;
      shown.dataset.kind = message.readings.length ? "good" : "away";
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      shown.textContent = error.message;
      shown.dataset.kind = "bad";
    }
  }

  /** @param {any} event */
  #keep(event) {
    event.preventDefault();
    attempt(event.submitter, this.#parts.get("mapping-said"), "Sent…", async () => {
      const { detail } = await ask("/api/devices/mappings", { method: "POST", body: { mapping: this.#mapping } });
      await this.#kept();
      this.#form.reset();
      this.#parts.get("becomes").replaceChildren();
      return `${detail}.`;
    });
  }
}

// A topic that the pattern fits: that of the message, as far as it does.
/** @type {(pattern: string, topic: string) => string} */
function example(pattern, topic) {
  const levels = topic.split("/");
  return pattern.split("/").map((level, place) => (/^([+#]|\{.*\})$/.test(level) ? (levels[place] ?? "example") : level)).join("/");
}

/** @type {(value: string, text: string) => HTMLOptionElement} */
function option(value, text) {
  return Object.assign(element("option", "", text), { value });
}
