// Tokens by which other programs use the API: made, shown once, revoked.
import { ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { element } from "../common/parts.js";
import { Section, attempt, button, reload } from "../common/forms.js";

/** @typedef {{ name: string, role: string, created_at: string, expires_at: string | null, last_used: string | null }} Token */

export class Tokens extends Section {
  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.parts.get("token-add").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#add(event));
  }

  async load() {
    const { tokens } = await ask("/api/tokens", { signal: this.signal });
    this.parts.get("tokens").replaceChildren(...tokens.map((/** @type {Token} */ one) => this.#row(one)));
    this.parts.get("no-tokens").hidden = tokens.length > 0;
  }

  /** @param {Token} token */
  #row(token) {
    const { name } = token;
    const revoke = button("Revoke", `Revoke ${name}`);
    revoke.disabled = !this.mayChange;
    revoke.addEventListener("click", () => this.#revoke(revoke, name));
    return element("li", "row", element("span", "name", name, element("small", "aside", about(token))), revoke);
  }

  /** @param {any} event of a form that is submitted */
  #add(event) {
    event.preventDefault();
    const form = event.target;
    const { name, role, lifetime } = form.elements;
    this.#showOnce("");
    attempt(event.submitter, this.parts.get("token-add-said"), "Making…", async () => {
      const body = { name: name.value, role: role.value, lifetime: lifetime.value || null };
      const made = await ask("/api/tokens", { method: "POST", body });
      form.reset();
      this.#showOnce(made.token);
      await this.load();
      return `${made.name} may ask from now on, as ${made.role}.`;
    });
  }

  // What is shown here is in no other place: it goes with the page.
  /** @param {string} token */
  #showOnce(token) {
    this.parts.get("token-once").hidden = !token;
    this.parts.get("token-once-value").value = token;
  }

  /** @type {(revoke: HTMLElement, name: string) => Promise<void>} */
  async #revoke(revoke, name) {
    if (!(await this.confirm.ask(`Revoke ${name}? Whatever uses it is refused from then on.`, "Revoke"))) return;
    const said = this.parts.get("tokens-said");
    await attempt(revoke, said, "Revoking…", async () => {
      const { detail } = await ask(`/api/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
      this.#showOnce("");
      return `${detail}.`;
    });
    await reload(this, said);
  }
}

/** @param {Token} token */
function about({ role, created_at: created, expires_at: until, last_used: used }) {
  const ends = until ? `expires ${dated(until)}` : "does not expire";
  return `${role}, made ${dated(created)}, ${ends}, ${used ? `used ${dated(used)}` : "not used yet"}`;
}
