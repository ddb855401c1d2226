// One host's settings, as a form. What it reports is shown; what is changed here is sent, and answered by the host.
import { ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { metricName } from "../common/metrics.js";
import { element } from "../common/parts.js";
import { attempt } from "../common/forms.js";

/** @typedef {{ interval: number, sources: Record<string, boolean>, perf_cores: string, perf_interval: number }} Config */
/** @typedef {{ host: string, status: string | null, since: string | null, config: Config | null, sources: Record<string, string | null> }} Told by /api/config */
/** @typedef {{ key: "interval" | "perf_cores" | "perf_interval", label: string, hint: string, seconds?: boolean }} Field */

const SWITCHED_OFF = "switched off";
/** @type {Field[]} */
const FIELDS = [
  { key: "interval", label: "Interval", hint: "like 5s or 500ms, to 1h", seconds: true },
  { key: "perf_cores", label: "Perf cores", hint: "all, or like 0-3,6" },
  { key: "perf_interval", label: "Perf interval", hint: "100ms to 60s", seconds: true },
];

export class HostForm {
  element = element("li", "host");
  #name;
  #badge = element("span", "badge");
  #summary = element("span", "aside");
  /** @type {Map<string, HTMLInputElement>} */
  #inputs = new Map();
  #sources = element("div", "sources");
  #allowed = element("fieldset", "");
  #said = element("p", "said");
  /** @type {Config | null} */
  #reported = null;

  /** @param {string} name @param {{ open: boolean }} options */
  constructor(name, { open }) {
    this.#name = name;
    this.element.dataset.testid = `host-${name}`;
    this.#said.setAttribute("role", "status");
    const details = element("details", "", element("summary", "", element("span", "name", name), this.#badge, this.#summary), this.#form());
    details.open = open;
    this.element.append(details);
  }

  // What is being changed here and was not sent yet stays.
  /** @type {(told: Told, mayChange: boolean) => void} */
  show({ status, since, config, sources }, mayChange) {
    const online = status === "online";
    this.#badge.textContent = status ?? "unknown";
    this.#badge.dataset.kind = online ? "good" : "bad";
    this.#summary.textContent = config ? summary(config) : "";
    this.#allowed.disabled = !mayChange || !config || !online;
    if (!online) this.#say(`${this.#name} is ${status ?? "unknown"}${since ? ` since ${dated(since)}` : ""}: it can be changed when it is back.`);
    else if (!config) this.#say(`${this.#name} has not reported its settings: its collector is older than they are, or has just started.`);
    else if (this.#said.dataset.kind === "away") this.#say("", "");
    if (!config) return;
    const untouched = this.#reported === null || Object.keys(this.#changes()).length === 0;
    this.#reported = config;
    this.#showSources(config.sources, sources, untouched);
    if (untouched) this.#fill();
  }

  #form() {
    const fields = element("div", "fields", ...FIELDS.map((field) => this.#field(field)));
    const legend = element("legend", "", "Sources");
    const sources = element("fieldset", "group", legend, this.#sources);
    const send = element("button", "main", "Apply");
    const reset = element("button", "", "As it was started");
    reset.type = "button";
    reset.title = "Reset everything to what the collector was started with";
    reset.addEventListener("click", () => this.#send(reset, { interval: null, sources: null, perf_cores: null, perf_interval: null }));
    this.#allowed.append(fields, sources, element("div", "actions", send, reset, this.#said));
    const form = element("form", "", this.#allowed);
    form.noValidate = true; // the host knows best what it can do, and says so
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(send, this.#changes());
    });
    return form;
  }

  /** @param {Field} field */
  #field({ key, label, hint }) {
    const input = element("input", "");
    input.id = `${key}-of-${this.#name}`;
    input.autocomplete = "off";
    input.spellcheck = false;
    this.#inputs.set(key, input);
    const name = element("label", "", `${label} `, element("small", "", hint));
    name.htmlFor = input.id;
    return element("div", "field", name, input);
  }

  /** @type {(reported: Config["sources"], reasons: Told["sources"], untouched: boolean) => void} */
  #showSources(reported, reasons, untouched) {
    const known = [...this.#sources.querySelectorAll("input")].map(({ name }) => name);
    const names = Object.keys(reported);
    if (known.join() !== names.join()) this.#sources.replaceChildren(...names.map(source));
    for (const input of this.#sources.querySelectorAll("input")) {
      const reason = reasons[input.name];
      const absent = Boolean(reason) && reason !== SWITCHED_OFF;
      const label = /** @type {HTMLElement} */ (input.closest("label"));
      label.classList.toggle("absent", absent);
      /** @type {HTMLElement} */ (label.querySelector("small")).textContent = absent ? reason : "";
      if (untouched) input.checked = reported[input.name];
    }
  }

  #fill() {
    const reported = this.#reported;
    if (!reported) return;
    for (const { key, seconds } of FIELDS) this.#input(key).value = written(reported[key], seconds);
    for (const input of this.#sources.querySelectorAll("input")) input.checked = reported.sources[input.name];
  }

  /** @type {(key: string) => HTMLInputElement} */
  #input(key) {
    return /** @type {HTMLInputElement} */ (this.#inputs.get(key));
  }

  // What differs from what the host reports, as a command.
  #changes() {
    /** @type {Record<string, unknown>} */
    const changes = {};
    const reported = this.#reported;
    if (!reported) return changes;
    for (const { key, seconds } of FIELDS) {
      const value = this.#input(key).value.trim();
      if (value !== written(reported[key], seconds)) changes[key] = value;
    }
    const sources = [...this.#sources.querySelectorAll("input")].filter(({ name, checked }) => checked !== reported.sources[name]);
    if (sources.length) changes.sources = Object.fromEntries(sources.map(({ name, checked }) => [name, checked]));
    return changes;
  }

  /** @type {(button: HTMLElement, changes: Record<string, unknown>) => Promise<void> | void} */
  #send(button, changes) {
    if (!Object.keys(changes).length) return this.#say("Nothing is changed.", "");
    return attempt(button, this.#said, `Sent to ${this.#name}, which has not answered yet…`, async () => {
      const told = await ask("/api/config", { method: "PUT", body: { host: this.#name, ...changes } });
      this.#reported = told.config;
      this.#summary.textContent = summary(told.config);
      this.#fill();
      return `${this.#name} reports: ${summary(told.config)}.`;
    });
  }

  /** @type {(text: string, kind?: string) => void} */
  #say(text, kind = "away") {
    this.#said.textContent = text;
    this.#said.dataset.kind = kind;
  }
}

/** @type {(name: string) => HTMLElement} */
function source(name) {
  const input = element("input", "");
  input.type = "checkbox";
  input.name = name;
  return element("label", "check", input, element("span", "", metricName(name)), " ", element("small", ""));
}

/** @type {(value: string | number, seconds?: boolean) => string} */
function written(value, seconds) {
  return seconds ? `${value}s` : String(value);
}

/** @type {(config: Config) => string} */
function summary({ interval, sources, perf_cores: cores, perf_interval: perf }) {
  const on = Object.values(sources).filter(Boolean).length;
  return `every ${interval} s, ${on} of ${Object.keys(sources).length} sources on, perf on ${cores === "all" ? "all cores" : `cores ${cores}`} each ${perf} s`;
}
