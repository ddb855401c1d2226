// Who is logged in, and their password.
import { Failed, ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { Section, attempt } from "../common/forms.js";

export class Account extends Section {
  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.parts.get("password").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#change(event));
  }

  async load() {
    const { username, role, expires_at: until } = await ask("/api/auth/me", { signal: this.signal });
    this.parts.text("me-name", username);
    this.parts.text("me-role", role);
    this.parts.text("me-until", dated(until));
    this.parts.get("password-user").value = username;
  }

  /** @param {any} event of a form that is submitted */
  #change(event) {
    event.preventDefault();
    const form = event.target;
    const { current_password: current, new_password: fresh, again } = form.elements;
    attempt(event.submitter, this.parts.get("password-said"), "Changing…", async () => {
      if (fresh.value !== again.value) throw new Failed("The two new passwords differ: write the same one twice.", 0);
      const body = { current_password: current.value, new_password: fresh.value };
      const { detail } = await ask("/api/auth/password", { method: "PUT", body });
      form.reset();
      return `${detail}.`;
    });
  }
}
