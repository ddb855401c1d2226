// Who may come in, and what they may do there.
import { ask } from "../common/ask.js";
import { element } from "../common/parts.js";
import { attempt, button, reload } from "./forms.js";

const ROLES = { admin: "Admin", viewer: "Viewer" };

export class Users {
  #root;
  #parts;
  #confirm;
  #signal;

  constructor({ root, parts, confirm, signal }) {
    this.#root = root;
    this.#parts = parts;
    this.#confirm = confirm;
    this.#signal = signal;
    parts.get("user-add").addEventListener("submit", (event) => this.#add(event));
  }

  async load() {
    const { users } = await ask("/api/users", { signal: this.#signal });
    this.#parts.get("users").replaceChildren(...users.map((user) => this.#row(user, this.#root.dataset.user)));
  }

  #row({ username, role }, me) {
    const choice = element("select", "");
    choice.setAttribute("aria-label", `Role of ${username}`);
    for (const [value, text] of Object.entries(ROLES)) choice.append(new Option(text, value, false, value === role));
    const remove = button("Remove", `Remove ${username}`);
    choice.disabled = remove.disabled = this.#root.dataset.role !== "admin";
    choice.addEventListener("change", () => this.#change(choice, username));
    remove.addEventListener("click", () => this.#remove(remove, username));
    return element("li", "row", element("span", "name", username, element("small", "aside", username === me ? "you" : "")), choice, remove);
  }

  #add(event) {
    event.preventDefault();
    const form = event.target;
    const body = Object.fromEntries(new FormData(form));
    attempt(event.submitter, this.#parts.get("user-add-said"), "Adding…", async () => {
      const { username, role } = await ask("/api/users", { method: "POST", body });
      form.reset();
      await this.load();
      return `${username} can log in, as ${role}.`;
    });
  }

  #change(choice, username) {
    return this.#attempt(choice, async () => {
      const { role } = await ask(path(username), { method: "PUT", body: { role: choice.value } });
      return `${username} is ${role} now.`;
    });
  }

  async #remove(remove, username) {
    if (!(await this.#confirm.ask(`Remove ${username}? They are logged out everywhere at once.`, "Remove"))) return;
    await this.#attempt(remove, async () => `${(await ask(path(username), { method: "DELETE" })).detail}.`);
  }

  // The list shows what is in force, whether the change was taken or not.
  async #attempt(control, work) {
    const said = this.#parts.get("users-said");
    await attempt(control, said, "Changing…", work);
    await reload(this, said);
  }
}

function path(username) {
  return `/api/users/${encodeURIComponent(username)}`;
}
