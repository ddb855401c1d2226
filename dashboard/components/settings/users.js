// Who may come in, and what they may do there.
import { ask } from "../common/ask.js";
import { element } from "../common/parts.js";
import { Section, attempt, button, reload } from "../common/forms.js";

/** @typedef {{ username: string, role: string }} User */

const ROLES = { admin: "Admin", viewer: "Viewer" };

export class Users extends Section {
  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.parts.get("user-add").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#add(event));
  }

  async load() {
    const { users } = await ask("/api/users", { signal: this.signal });
    this.parts.get("users").replaceChildren(...users.map((/** @type {User} */ user) => this.#row(user, this.root.dataset.user)));
  }

  /** @type {(user: User, me: string | undefined) => HTMLElement} */
  #row({ username, role }, me) {
    const choice = element("select", "");
    choice.setAttribute("aria-label", `Role of ${username}`);
    for (const [value, text] of Object.entries(ROLES)) choice.append(new Option(text, value, false, value === role));
    const remove = button("Remove", `Remove ${username}`);
    const renew = button("New password", `New password for ${username}`);
    renew.hidden = username === me; // the own one is changed under Account, by who knows it
    for (const control of [choice, renew, remove]) control.disabled = !this.mayChange;
    choice.addEventListener("change", () => this.#change(choice, username));
    renew.addEventListener("click", () => this.#renew(renew, username));
    remove.addEventListener("click", () => this.#remove(remove, username));
    const name = element("span", "name", username, element("small", "aside", username === me ? "you" : ""));
    return element("li", "row", name, element("span", "actions", choice, renew, remove));
  }

  /** @param {any} event of a form that is submitted */
  #add(event) {
    event.preventDefault();
    const form = event.target;
    const body = Object.fromEntries(new FormData(form));
    attempt(event.submitter, this.parts.get("user-add-said"), "Adding…", async () => {
      const { username, role } = await ask("/api/users", { method: "POST", body });
      form.reset();
      await this.load();
      return `${username} can log in, as ${role}.`;
    });
  }

  /** @type {(choice: HTMLSelectElement, username: string) => Promise<void>} */
  #change(choice, username) {
    return this.#attempt(choice, async () => {
      const { role } = await ask(path(username), { method: "PUT", body: { role: choice.value } });
      return `${username} is ${role} now.`;
    });
  }

  // For whoever has forgotten theirs: made here, shown once, and theirs to change.
  /** @type {(renew: HTMLElement, username: string) => Promise<void>} */
  async #renew(renew, username) {
    const question = `Give ${username} a new password? The old one ends, and ${username} is logged out everywhere at once.`;
    if (!(await this.confirm.ask(question, "New password"))) return;
    const password = invented();
    await this.#attempt(renew, async () => {
      await ask(path(username), { method: "PUT", body: { password } });
      this.#showOnce(username, password);
      return `${username} has a new password, and is logged out everywhere.`;
    });
  }

  // What is shown here is in no other place: it goes with the page.
  /** @type {(username: string, password: string) => void} */
  #showOnce(username, password) {
    this.parts.get("user-once").hidden = !password;
    this.parts.text("user-once-for", `New password for ${username}`);
    this.parts.get("user-once-password").value = password;
  }

  /** @type {(remove: HTMLElement, username: string) => Promise<void>} */
  async #remove(remove, username) {
    if (!(await this.confirm.ask(`Remove ${username}? They are logged out everywhere at once.`, "Remove"))) return;
    await this.#attempt(remove, async () => `${(await ask(path(username), { method: "DELETE" })).detail}.`);
  }

  // The list shows what is in force, whether the change was taken or not.
  /** @type {(control: HTMLElement, work: () => Promise<string>) => Promise<void>} */
  async #attempt(control, work) {
    const said = this.parts.get("users-said");
    this.#showOnce("", "");
    await attempt(control, said, "Changing…", work);
    await reload(this, said);
  }
}

const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"; // none looks like another
const LENGTH = 16; // 92 bits

// A byte past the last whole alphabet is left out: no letter comes more often than another.
function invented() {
  const fair = 256 - (256 % LETTERS.length);
  let made = "";
  while (made.length < LENGTH) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) made += LETTERS[byte % LETTERS.length];
  }
  return made;
}

/** @type {(username: string) => string} */
function path(username) {
  return `/api/users/${encodeURIComponent(username)}`;
}
