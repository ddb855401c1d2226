// The Settings page: its sections, which of them is shown, and what its reader may change.
import { Failed, ask } from "../common/ask.js";
import { drawn, mountable } from "../common/mount.js";
import { Parts } from "../common/parts.js";
import { Account } from "./account.js";
import { Devices } from "./devices.js";
import { Confirm, copy } from "../common/forms.js";
import { History } from "./history.js";
import { Hosts } from "./hosts.js";
import { Integrations } from "./integrations.js";
import { System } from "./system.js";
import { Tokens } from "./tokens.js";
import { Users } from "./users.js";

const SECTIONS = { history: History, hosts: Hosts, devices: Devices, account: Account, users: Users, integrations: Integrations, tokens: Tokens, system: System };
const FIRST = "history";
const REFRESH_MS = 10_000;

class Settings {
  #root;
  #parts;
  /** @type {Record<string, { load(): Promise<void>, live?: boolean, stop?(): void }>} */
  #sections;
  #shown = FIRST;
  #refreshing;
  #stopping = new AbortController();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#parts = new Parts(root);
    const given = { root, parts: this.#parts, confirm: new Confirm(this.#parts), signal: this.#stopping.signal };
    this.#sections = Object.fromEntries(Object.entries(SECTIONS).map(([name, Section]) => [name, new Section(given)]));
    this.#parts.get("places").addEventListener("click", (/** @type {any} */ { target }) => {
      const place = target.closest("[data-place]")?.dataset.place;
      if (!place) return;
      this.#show(place);
      this.#load();
    });
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-copy]"))) {
      button.addEventListener("click", () => copy(button, this.#parts.get(button.dataset.copy ?? "")));
    }
    // What hosts and parts tell of themselves changes by itself.
    this.#refreshing = setInterval(() => this.#sections[this.#shown]?.live && this.#load(), REFRESH_MS);
  }

  async start() {
    const asked = new URLSearchParams(location.search).get("section");
    this.#show(asked !== null && Object.hasOwn(SECTIONS, asked) ? asked : FIRST);
    try {
      this.#allow(await ask("/api/auth/me", { signal: this.#stopping.signal }));
      await this.#load();
    } catch (error) {
      this.#fail(error);
    } finally {
      drawn(this.#root);
    }
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#refreshing);
    for (const section of Object.values(this.#sections)) section.stop?.();
  }

  /** @param {{ role: string, username: string }} me */
  #allow({ role, username }) {
    this.#root.dataset.user = username;
    this.#root.dataset.role = role;
    this.#parts.get("viewer").hidden = role === "admin";
    for (const part of /** @type {NodeListOf<HTMLButtonElement>} */ (this.#root.querySelectorAll("[data-admin]"))) part.disabled = role !== "admin";
  }

  /** @param {string} place */
  #show(place) {
    this.#shown = place;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[data-place]"))) {
      button.setAttribute("aria-current", button.dataset.place === place ? "page" : "false");
    }
    for (const section of /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[data-section]"))) {
      section.hidden = section.dataset.section !== place;
    }
    const url = new URL(location.href);
    url.searchParams.set("section", place);
    history.replaceState(history.state, "", url);
  }

  async #load() {
    const place = this.#shown;
    try {
      await this.#sections[place].load();
      if (place === this.#shown) this.#parts.get("notice").hidden = true;
    } catch (error) {
      if (place === this.#shown) this.#fail(error);
    }
  }

  /** @param {any} error */
  #fail(error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Failed)) throw error;
    this.#parts.text("notice", error.message);
    this.#parts.get("notice").hidden = false;
  }
}

export const mount = mountable('[data-testid="settings"]', (root) => {
  const settings = new Settings(root);
  settings.start();
  return settings;
});
