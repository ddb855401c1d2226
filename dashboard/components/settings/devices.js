// Others' devices: which presets take them in, what each found, and mappings of one's own.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { age, dated } from "../common/format.js";
import { Section, attempt, button, count, reload } from "../common/forms.js";
import { element } from "../common/parts.js";
import { byRenown, sourceName, sourceTopics } from "../common/sources.js";
import { MappingForm } from "./mapping.js";
import { Messages } from "./messages.js";

/** @typedef {{ reason: string, count: number, topic: string, at: string }} Refused */
/** @typedef {{ name: string, devices: number, readings: number, last_seen: string | null, refused: Refused[] }} Rule */
/** @typedef {{ online: boolean, changeable: boolean, known: string[], presets: string[], zone: string, mappings: Record<string, any>[], rules: Rule[] }} Told by /api/devices */

const ELSEWHERE = "Nobody here would see a change: this machine runs no “perfwatch up”, and no devices service is on the broker. Start one with “perfwatch devices”.";
const STARTING = "The devices service starts…";
const STARTS_MS = 1000;
const STARTS_TIMES = 20;

export class Devices extends Section {
  live = true;
  #messages;
  #form;
  /** @type {Told | null} */
  #told = null;

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.#form = new MappingForm(page, () => this.load());
    this.#messages = new Messages(page, (message) => this.#form.begin(message));
    this.parts.get("presets").addEventListener("change", () => this.#choose());
    this.parts.get("devices-zone").addEventListener("change", () => this.#choose());
    this.parts.get("presets-form").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  }

  async load() {
    const told = await ask("/api/devices", { signal: this.signal });
    this.#told = told;
    this.#show(told);
  }

  stop() {
    this.#messages.stop();
  }

  /** @param {Told} told */
  #show(told) {
    const isAway = told.presets.length > 0 && !told.online;
    const notice = this.parts.get("devices-notice");
    notice.hidden = told.changeable && !isAway;
    notice.textContent = told.changeable ? STARTING : ELSEWHERE;
    const open = new Set([...this.parts.get("presets").querySelectorAll("details[open]")].map((/** @type {HTMLElement} */ { dataset }) => dataset.rule));
    const { activeElement: focused } = /** @type {any} */ (this.root.getRootNode());
    this.parts.get("presets").replaceChildren(...[...told.known].sort(byRenown).map((name) => this.#preset(name, told, open)));
    if (focused?.name) this.parts.get("presets").querySelector(`input[name="${CSS.escape(focused.name)}"]`)?.focus();
    const zone = this.parts.get("devices-zone");
    if (focused !== zone) zone.value = told.zone;
    this.parts.get("mappings").replaceChildren(...told.mappings.map((one, place) => this.#mapping(one, place + 1, told)));
    this.parts.get("mappings-panel").hidden = told.mappings.length === 0;
    for (const part of ["listening", "mapping"]) this.parts.get(part).hidden = !told.online || !this.mayChange;
    if (!told.online) this.#messages.stop();
  }

  /** @type {(name: string, told: Told, open: Set<string | undefined>) => HTMLElement} */
  #preset(name, told, open) {
    const input = Object.assign(element("input", ""), { type: "checkbox", name, checked: told.presets.includes(name), disabled: !told.changeable });
    input.dataset.testid = `preset-${name}`;
    const topics = element("small", "aside", sourceTopics(name));
    const label = element("label", "check", input, element("span", "name", sourceName(name), topics));
    const rule = told.rules.find((one) => one.name === name);
    const made = element("li", "row preset", label, element("div", "found", ...(rule ? found(rule, open) : [])));
    made.dataset.testid = `found-${name}`;
    return made;
  }

  /** @type {(mapping: Record<string, any>, place: number, told: Told) => HTMLElement} */
  #mapping(mapping, place, told) {
    const rule = told.rules.find(({ name }) => name === `mapping ${place}`);
    const { topic, ...more } = mapping;
    const said = Object.entries(more).map(([name, value]) => `${name} ${value}`).join(", ");
    const drop = button("Remove", `Remove the mapping of ${topic}`);
    drop.disabled = !this.mayChange || !told.online;
    drop.addEventListener("click", () => this.#drop(drop, place, topic));
    const name = element("span", "name", element("code", "", topic), element("small", "aside", said));
    return element("li", "row preset", name, element("div", "found", ...(rule ? found(rule, new Set()) : [])), drop);
  }

  #choose() {
    const inputs = /** @type {HTMLInputElement[]} */ ([...this.parts.get("presets").querySelectorAll("input")]);
    const body = { presets: inputs.filter(({ checked }) => checked).map(({ name }) => name), zone: this.parts.get("devices-zone").value.trim() };
    const list = this.parts.get("presets");
    list.inert = true; // one change after the other
    return attempt(list, this.parts.get("presets-said"), "Sent…", async () => {
      try {
        await ask("/api/devices", { method: "PUT", body });
        await this.#settled(body.presets.length > 0);
        return body.presets.length ? "In force." : "Nothing is taken in by a preset any more.";
      } catch (error) {
        if (this.#told) this.#show(this.#told);
        throw error;
      } finally {
        list.inert = false;
      }
    });
  }

  // The service comes with the first preset, and goes with the last.
  /** @param {boolean} isWanted */
  async #settled(isWanted) {
    for (let time = 0; time < STARTS_TIMES && !this.signal.aborted; time += 1) {
      await this.load();
      if (this.#told?.online === (isWanted || Number(this.#told?.mappings.length) > 0)) return;
      await new Promise((resolve) => setTimeout(resolve, STARTS_MS));
    }
  }

  /** @type {(drop: HTMLElement, place: number, topic: string) => Promise<void>} */
  async #drop(drop, place, topic) {
    if (!(await this.confirm.ask(`Remove the mapping of ${topic}? What it brought stays in the history.`, "Remove"))) return;
    const said = this.parts.get("mappings-said");
    await attempt(drop, said, "Removing…", async () => `${(await ask(`/api/devices/mappings/${place}`, { method: "DELETE" })).detail}.`);
    await reload(this, said);
  }
}

/** @type {(rule: Rule, open: Set<string | undefined>) => HTMLElement[]} */
function found({ name, devices, readings, last_seen: last, refused }, open) {
  const seen = last ? `last ${age(clock.now() - Date.parse(last))}` : "nothing yet";
  const said = element("span", "aside", readings ? `${count(devices, "device")}, ${count(readings, "reading")}, ${seen}` : seen);
  const total = refused.reduce((sum, one) => sum + one.count, 0);
  if (!total) return [said];
  const rows = refused.map(({ reason, count: times, topic, at }) => element("li", "", element("code", "", topic), `: ${reason} (${times.toLocaleString("en-GB")} times, ${dated(at)})`));
  const details = element("details", "refused", element("summary", "", `${count(total, "message")} not taken`), element("ul", "", ...rows));
  details.dataset.rule = name;
  details.open = open.has(name);
  return [said, details];
}
