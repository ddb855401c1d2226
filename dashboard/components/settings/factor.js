// One's second factor: set up with an app that shows codes, taken away, and its recovery codes shown once.
import { ask } from "../common/ask.js";
import { element } from "../common/parts.js";
import { attempt, count } from "../common/forms.js";

const PATH = "/api/auth/second-factor";

export class Factor {
  #parts;
  #changed;

  /** @param {import("../common/parts.js").Parts} parts @param {() => Promise<void>} changed */
  constructor(parts, changed) {
    this.#parts = parts;
    this.#changed = changed;
    parts.get("factor-begin").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#begin(event));
    parts.get("factor-confirm").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#confirm(event));
  }

  /** @param {{ username: string, second_factor: boolean, recovery_codes: number }} me */
  show({ username, second_factor: on, recovery_codes: left }) {
    const state = this.#parts.get("factor-state");
    state.textContent = on ? `on, ${count(left, "recovery code")} left` : "off";
    state.dataset.kind = on ? "good" : "";
    this.#parts.text("factor-set-up", on ? "Set up anew" : "Set up");
    this.#parts.get("factor-remove").hidden = !on;
    this.#parts.get("factor-user").value = username;
  }

  /** @param {any} event of a form that is submitted */
  #begin(event) {
    event.preventDefault();
    const form = event.target;
    const removes = event.submitter === this.#parts.get("factor-remove");
    this.#forget();
    attempt(event.submitter, this.#parts.get("factor-said"), removes ? "Removing…" : "Asking…", async () => {
      const body = { current_password: form.elements.current_password.value };
      const answer = await ask(removes ? `${PATH}/remove` : PATH, { method: "POST", body });
      form.reset();
      if (removes) {
        await this.#changed();
        return `${answer.detail}.`;
      }
      this.#offer(answer);
    });
  }

  /** @param {{ secret: string, picture: string }} offered */
  #offer({ secret, picture }) {
    this.#parts.get("factor-picture").src = picture;
    this.#parts.get("factor-secret").value = secret;
    this.#parts.get("factor-confirm").hidden = false;
    this.#parts.get("factor-confirm").elements.code.focus();
  }

  /** @param {any} event of a form that is submitted */
  #confirm(event) {
    event.preventDefault();
    const { code } = event.target.elements;
    attempt(event.submitter, this.#parts.get("factor-confirm-said"), "Checking…", async () => {
      const { recovery_codes: codes } = await ask(PATH, { method: "PUT", body: { code: code.value } });
      this.#forget();
      const list = this.#parts.get("factor-recovery");
      list.replaceChildren(...codes.map((/** @type {string} */ one) => element("li", "", one)));
      this.#parts.get("factor-codes").hidden = false;
      await this.#changed();
    });
  }

  // What was shown once is in no other place, and goes with the next step.
  #forget() {
    this.#parts.get("factor-confirm").reset();
    this.#parts.get("factor-picture").removeAttribute("src");
    this.#parts.get("factor-secret").value = "";
    for (const part of ["factor-confirm", "factor-codes"]) this.#parts.get(part).hidden = true;
  }
}
