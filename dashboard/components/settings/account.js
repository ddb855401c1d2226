// Who is logged in, where, their password and their second factor.
import { Failed, ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { element } from "../common/parts.js";
import { Factor } from "./factor.js";
import { Section, attempt, button, reload } from "../common/forms.js";

/** @typedef {{ id: string, current: boolean, began_at: string, used_at: string, address: string, client: string }} Session */

export class Account extends Section {
  #factor;

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.#factor = new Factor(this.parts, () => this.load());
    this.parts.get("password").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#change(event));
  }

  async load() {
    const { signal } = this;
    const [me, { sessions }] = await Promise.all([ask("/api/auth/me", { signal }), ask("/api/auth/sessions", { signal })]);
    this.parts.text("me-name", me.username);
    this.parts.text("me-role", me.role);
    this.parts.text("me-until", dated(me.expires_at));
    this.parts.get("password-user").value = me.username;
    this.#factor.show(me);
    this.parts.get("own-sessions").replaceChildren(...sessions.map((/** @type {Session} */ one) => this.#row(one)));
  }

  /** @param {Session} session */
  #row({ id, current, began_at: began, used_at: used, address, client }) {
    const about = `${address}, logged in ${dated(began)}, used ${dated(used)}`;
    const name = element("span", "name", program(client), element("small", "aside", about));
    if (current) return element("li", "row", name, element("span", "badge", "this one"));
    const end = button("End", `End the session of ${program(client)} at ${address}, logged in ${dated(began)}`);
    end.addEventListener("click", () => this.#end(end, id));
    return element("li", "row", name, end);
  }

  /** @type {(end: HTMLElement, id: string) => Promise<void>} */
  async #end(end, id) {
    const said = this.parts.get("own-sessions-said");
    await attempt(end, said, "Ending…", async () => {
      const { detail } = await ask(`/api/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
      return `${detail}.`;
    });
    await reload(this, said);
  }

  /** @param {any} event of a form that is submitted */
  #change(event) {
    event.preventDefault();
    const form = event.target;
    const { current_password: current, new_password: fresh, again } = form.elements;
    attempt(event.submitter, this.parts.get("password-said"), "Changing…", async () => {
      if (fresh.value !== again.value) throw new Failed("The two new passwords differ: type the same one twice.", 0);
      const body = { current_password: current.value, new_password: fresh.value };
      const { detail } = await ask("/api/auth/password", { method: "PUT", body });
      form.reset();
      await this.load();
      return `${detail}.`;
    });
  }
}

const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const SYSTEMS = { Android: "Android", iPhone: "iPhone", iPad: "iPad", Windows: "Windows", "Mac OS X": "macOS", CrOS: "ChromeOS", Linux: "Linux" };

// A browser names many others before itself; what is no browser says its name first.
/** @type {(client: string) => string} */
export function program(client) {
  const browser = Object.entries(BROWSERS).find(([sign]) => client.includes(`${sign}/`))?.[1];
  const system = Object.entries(SYSTEMS).find(([sign]) => client.includes(sign))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (client.slice(0, 60) || "A program that gives no name");
}
