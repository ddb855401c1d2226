// The dialog in which an admin gives tags to a host, or to all that are shown.
import { ask } from "../common/ask.js";
import { attempt, say } from "../common/forms.js";

/** @typedef {import("./order.js").Thing} Thing */

export class Tagging {
  #parts;
  #dialog;
  #form;
  /** @type {Thing[]} */
  #shown = [];
  #known;

  // `known` gives a host by its name, `done` is called after a change.
  /** @param {import("../common/parts.js").Parts} parts @param {(name: string) => Thing | undefined} known @param {AbortSignal} signal */
  constructor(parts, known, signal) {
    this.#parts = parts;
    this.#known = known;
    this.#dialog = parts.get("tagging");
    this.#form = parts.get("tagging-form");
    this.#form.addEventListener("submit", (/** @type {Event} */ event) => this.#submit(event), { signal });
    this.#form.elements.host.addEventListener("input", () => this.#prefill(), { signal });
    parts.get("tagging-cancel").addEventListener("click", () => this.#dialog.close(), { signal });
  }

  /** @param {Thing[]} shown */
  open(shown) {
    this.#shown = shown;
    this.#form.reset();
    this.#form.elements.host.placeholder = shown.length === 1 ? shown[0].name : `the ${shown.length} that are shown`;
    const names = shown.map(({ name }) => new Option(name, name));
    this.#parts.get("tagging-hosts").replaceChildren(...names);
    say(this.#parts.get("tagging-said"), "");
    this.#prefill();
    this.#dialog.showModal();
  }

  /** @returns {Thing[]} */
  get #chosen() {
    const { value } = this.#form.elements.host;
    if (!value) return this.#shown;
    const thing = this.#known(value);
    return thing ? [thing] : [];
  }

  // A single host's tags stand there to be changed.
  #prefill() {
    const [thing, ...others] = this.#chosen;
    if (thing && !others.length) this.#form.elements.tags.value = Object.entries(thing.tags).map((pair) => pair.join("=")).join(", ");
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    attempt(this.#parts.get("tagging-save"), this.#parts.get("tagging-said"), "Saving …", async () => {
      const hosts = this.#chosen;
      const given = parsed(this.#form.elements.tags.value);
      // Of a single host, what does not stand there any more is taken away.
      const before = hosts.length === 1 ? Object.fromEntries(Object.keys(hosts[0].tags).map((key) => [key, ""])) : {};
      await ask("/api/hosts/tags", { method: "PUT", body: { hosts: hosts.map(({ name }) => name), tags: { ...before, ...given } } });
      this.#dialog.close();
    });
  }
}

// "room=cellar, role=nas" as an object; the server says what cannot be used.
/** @type {(text: string) => Record<string, string>} */
export function parsed(text) {
  const pairs = text.split(",").map((one) => one.trim()).filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => {
    const [key, ...value] = pair.split("=");
    return [key.trim(), value.join("=").trim()];
  }));
}
