// Messages on the broker as they come: which rule takes each, as what, or why none does.
import { Failed, ask } from "../common/ask.js";
import { element } from "../common/parts.js";
import { words, written } from "../common/units.js";
import { sourceName } from "../common/sources.js";

/** @typedef {{ topic: string, reading: Record<string, any> }} Published */
/** @typedef {{ topic: string, payload: string, at: string, rule: string | null, why: string | null, readings: Published[], count: number }} Message */

const AGAIN_MS = 2000;
const MOST_SHOWN = 100;
const MOST_FIELDS = 6;

export class Messages {
  #parts;
  #choose;
  /** @type {Message[]} */
  #heard = [];
  #isOn = false;
  /** @type {number | undefined} */
  #timer;

  /** @param {import("../common/forms.js").Given} page @param {(message: Message) => void} choose */
  constructor({ parts }, choose) {
    this.#parts = parts;
    this.#choose = choose;
    parts.get("listen").addEventListener("click", () => (this.#isOn ? this.stop() : this.#begin()));
    for (const part of ["untaken", "topic-filter"]) parts.get(part).addEventListener("input", () => this.#draw());
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.#say();
  }

  #begin() {
    this.#isOn = true;
    this.#say();
    this.#listen();
  }

  #say(text = this.#isOn ? "Listening…" : "") {
    const button = this.#parts.get("listen");
    button.textContent = this.#isOn ? "Stop" : "Listen";
    button.ariaPressed = String(this.#isOn);
    this.#parts.text("listen-said", text);
  }

  // It listens while it is asked: out of sight, it is not.
  async #listen() {
    const isSeen = !document.hidden && this.#parts.get("listen").offsetParent !== null;
    try {
      if (isSeen) this.#heard = (await ask("/api/devices/listen", { method: "POST" })).messages.reverse();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.stop();
      return this.#say(error.message);
    }
    if (!this.#isOn) return;
    this.#draw();
    this.#timer = setTimeout(() => this.#listen(), AGAIN_MS);
  }

  #draw() {
    const text = this.#parts.get("topic-filter").value.trim().toLowerCase();
    const isUntaken = this.#parts.get("untaken").checked;
    const shown = this.#heard.filter((one) => one.topic.toLowerCase().includes(text) && (!isUntaken || isLeft(one)));
    const left = this.#heard.filter(isLeft).length;
    this.#say(this.#heard.length ? `${this.#heard.length} topics, of which ${left} are not taken.` : undefined);
    const list = this.#parts.get("messages");
    const focused = list.getRootNode().activeElement?.dataset.topic;
    // In the order of their names: rows that change places cannot be read, nor clicked.
    const rows = shown.sort((a, b) => (a.topic < b.topic ? -1 : 1)).slice(0, MOST_SHOWN).map((one) => this.#row(one));
    list.replaceChildren(...rows);
    if (focused !== undefined) [...list.querySelectorAll("button")].find(({ dataset }) => dataset.topic === focused)?.focus();
  }

  /** @param {Message} message */
  #row(message) {
    const badge = element("span", "badge", message.rule ? sourceName(message.rule) : "not taken");
    badge.dataset.kind = message.rule ? "good" : "warn";
    const head = element("span", "head", element("code", "", message.topic), badge, element("small", "aside", message.count > 1 ? `${message.count} times` : ""));
    const row = element("button", "message", head, element("code", "payload", message.payload), element("span", "became", becomes(message)));
    Object.assign(row, { type: "button" });
    Object.assign(row.dataset, { topic: message.topic, testid: "message" });
    row.addEventListener("click", () => this.#choose(message));
    return element("li", "", row);
  }
}

/** @param {Message} message */
function isLeft({ rule }) {
  return rule === null;
}

// "→ kitchen, zigbee: Temperature 20.6 °C", or why it becomes nothing.
/** @type {(message: Message) => string} */
export function becomes({ why, readings }) {
  if (!readings.length) return why ?? "";
  return readings.map(({ topic, reading }) => {
    const [host, metric] = topic.split("/").slice(-2);
    // A state's word says more than its number.
    const fields = Object.entries(reading).filter(([name, value]) => name !== "timestamp" && value !== null && !(`${name}_text` in reading));
    const said = fields.slice(0, MOST_FIELDS).map(([name, value]) => `${words(name.replace(/_text$/, ""))} ${typeof value === "number" ? written(metric, name, value) : value}`);
    return `→ ${host}, ${metric}: ${said.join(", ")}${fields.length > MOST_FIELDS ? `, and ${fields.length - MOST_FIELDS} more` : ""}`;
  }).join("\n");
}
