// Where messages go: added, tried, taken away. An address goes to the server and never comes back.
import { ask } from "../common/ask.js";
import { Section, attempt, button, reload, say } from "../common/forms.js";
import { SEVERITIES, row } from "./row.js";

/** @typedef {{ name: string, kind: string, severities: string[] }} Channel */

const PATH = "/api/alerts/channels";

export class Channels extends Section {
  #said;

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.#said = this.parts.get("channels-said");
    this.parts.get("channel-add").addEventListener("submit", (/** @type {any} */ event) => this.#add(event), { signal: this.signal });
  }

  async load() {
    const { channels } = await ask(PATH, { signal: this.signal });
    const list = this.parts.get("channels");
    const key = JSON.stringify([channels, this.mayChange]);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...channels.map((/** @type {Channel} */ channel) => this.#row(channel)));
  }

  /** @param {Channel} channel */
  #row({ name, kind, severities }) {
    const test = button("Test", `Test ${name}`);
    test.addEventListener("click", () => this.#try(test, name));
    const remove = button("Remove", `Remove ${name}`);
    remove.addEventListener("click", () => this.#remove(remove, name));
    const made = row({
      tone: "channel",
      title: name,
      facts: [`${kind}://…`, severities.map((one) => SEVERITIES[one]).join(", ")],
      actions: this.mayChange ? [test, remove] : [],
    });
    made.dataset.testid = `channel-${name}`;
    return made;
  }

  /** @param {any} event */
  #add(event) {
    event.preventDefault();
    const form = event.target;
    const given = Object.fromEntries(new FormData(form));
    const severities = ["info", "warning", "critical"].filter((name) => given[name]);
    const said = this.parts.get("channel-add-said");
    if (!severities.length) return say(said, "Choose what it is told: critical, warning or info.", "bad");
    attempt(event.submitter, said, "Adding…", async () => {
      await ask(path(String(given.name)), { method: "PUT", body: { url: given.url, severities } });
      form.reset();
      await this.load();
      return `${given.name} is there. Try it.`;
    });
  }

  /** @type {(control: HTMLElement, name: string) => Promise<void>} */
  #try(control, name) {
    return attempt(control, this.#said, `Sending on ${name}…`, async () => `${name}: ${(await ask(`${path(name)}/test`, { method: "POST" })).detail}.`);
  }

  /** @type {(control: HTMLElement, name: string) => Promise<void>} */
  async #remove(control, name) {
    if (!(await this.confirm.ask(`Remove ${name}? Its address is forgotten.`, "Remove"))) return;
    await attempt(control, this.#said, "Removing…", async () => `${(await ask(path(name), { method: "DELETE" })).detail}.`);
    await reload(this, this.#said);
  }
}

/** @type {(name: string) => string} */
function path(name) {
  return `${PATH}/${encodeURIComponent(name)}`;
}
