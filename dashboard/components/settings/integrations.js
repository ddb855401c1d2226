// Accounts of the broker for other programs: made, shown once, revoked.
import { Failed, ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { element } from "../common/parts.js";
import { Section, attempt, button, reload } from "../common/forms.js";

/** @typedef {{ name: string, role: string, writes: string[], created_at: string }} Credential */

const BACKTICK = "\x60";
const ELSEWHERE = 501;

export class Integrations extends Section {
  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.parts.get("credential-add").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#add(event));
  }

  async load() {
    try {
      const { credentials } = await ask("/api/credentials", { signal: this.signal });
      this.parts.get("credentials").replaceChildren(...credentials.map((/** @type {Credential} */ one) => this.#row(one)));
      this.parts.get("no-credentials").hidden = credentials.length > 0;
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== ELSEWHERE) throw error;
      this.parts.get("elsewhere").replaceChildren(...withCode(error.message));
      this.parts.get("elsewhere").hidden = false;
      this.parts.get("credentials-here").hidden = true;
    }
  }

  /** @param {Credential} credential */
  #row({ name, role, writes, created_at: created }) {
    const revoke = button("Revoke", `Revoke ${name}`);
    revoke.disabled = !this.mayChange;
    revoke.addEventListener("click", () => this.#revoke(revoke, name));
    return element("li", "row", element("span", "name", name, element("small", "aside", `${role}, made ${dated(created)}`), ...mayWrite(writes)), revoke);
  }

  /** @param {any} event of a form that is submitted */
  #add(event) {
    event.preventDefault();
    const form = event.target;
    this.#showOnce(null);
    attempt(event.submitter, this.parts.get("credential-add-said"), "Making… waiting for the broker.", async () => {
      const made = await ask("/api/credentials", { method: "POST", body: { name: form.elements.name.value } });
      form.reset();
      this.#showOnce(made);
      await this.load();
      return `${made.name} may read from now on.`;
    });
  }

  // What is shown here is in no other place: it goes with the page.
  /** @param {{ url: string, example: string } | null} made */
  #showOnce(made) {
    this.parts.get("once").hidden = made === null;
    this.parts.get("once-url").value = made?.url ?? "";
    this.parts.get("once-example").value = made?.example ?? "";
  }

  /** @type {(revoke: HTMLElement, name: string) => Promise<void>} */
  async #revoke(revoke, name) {
    if (!(await this.confirm.ask(`Revoke ${name}? The broker cuts its connections and refuses it from then on.`, "Revoke"))) return;
    const said = this.parts.get("credentials-said");
    await attempt(revoke, said, "Revoking… waiting for the broker.", async () => {
      const { detail } = await ask(`/api/credentials/${encodeURIComponent(name)}`, { method: "DELETE" });
      this.#showOnce(null);
      return `${detail}.`;
    });
    await reload(this, said);
  }
}

/** @type {(writes: string[]) => HTMLElement[]} */
function mayWrite(writes) {
  const topics = writes.flatMap((one) => [element("code", "", one), " "]);
  return writes.length ? [element("small", "aside", "may write ", ...topics)] : [];
}

// What stands between `backticks` is to be typed.
/** @type {(text: string) => (string | HTMLElement)[]} */
function withCode(text) {
  return text.split(BACKTICK).map((words, place) => (place % 2 ? element("code", "", words) : words));
}
