// The Alerts page: which part of it is shown, and what its reader may change.
import { Failed, ask } from "../common/ask.js";
import { drawn, mountable } from "../common/mount.js";
import { Confirm } from "../common/forms.js";
import { Parts } from "../common/parts.js";
import { Toast } from "../common/toast.js";
import { Channels } from "./channels.js";
import { Now } from "./now.js";
import { Recent } from "./recent.js";
import { Rules } from "./rules.js";

const FIRST = "now";
const REFRESH_MS = 5000;
const AWAY = "Nobody watches: there is no alerts service on the broker. “perfwatch up” runs one, unless PERFWATCH_ALERTS is false.";

class Alerts {
  #root;
  #parts;
  #sections;
  #shown = FIRST;
  #refreshing;
  #stopping = new AbortController();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#parts = new Parts(root);
    const given = { root, parts: this.#parts, confirm: new Confirm(this.#parts), signal: this.#stopping.signal };
    this.#sections = /** @type {{ now: Now, rules: Rules } & Record<string, { load(): Promise<void> }>} */ ({ now: new Now(given, new Toast(root)), recent: new Recent(given), rules: new Rules(given), channels: new Channels(given) });
    this.#parts.get("places").addEventListener("click", (/** @type {any} */ { target }) => {
      const place = target.closest("[data-place]")?.dataset.place;
      if (place) this.#turnTo(place);
    });
    this.#refreshing = setInterval(() => document.hidden || this.#load(), REFRESH_MS);
  }

  async start() {
    const asked = new URLSearchParams(location.search);
    const section = asked.get("section") ?? "";
    this.#show(Object.hasOwn(this.#sections, section) ? section : FIRST);
    try {
      this.#allow(await ask("/api/auth/me", { signal: this.#stopping.signal }));
      await this.#load();
      if (asked.get("new")) await this.#sections.rules.make(wanted(asked));
    } catch (error) {
      this.#fail(error);
    } finally {
      drawn(this.#root);
    }
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#refreshing);
  }

  /** @param {{ role: string }} me */
  #allow({ role }) {
    this.#root.dataset.role = role;
    for (const part of /** @type {NodeListOf<any>} */ (this.#root.querySelectorAll("[data-admin]"))) part.disabled = role !== "admin";
  }

  /** @param {string} place */
  #turnTo(place) {
    this.#show(place);
    this.#load();
  }

  /** @param {string} place */
  #show(place) {
    this.#shown = place;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[data-place]"))) {
      button.setAttribute("aria-pressed", String(button.dataset.place === place));
    }
    for (const section of /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[data-section]"))) {
      section.hidden = section.dataset.section !== place;
    }
    const url = new URL(location.href);
    url.search = place === FIRST ? "" : new URLSearchParams({ section: place }).toString();
    history.replaceState(history.state, "", url);
  }

  // What fires is asked for in any case: the sum above tells it.
  async #load() {
    const place = this.#shown;
    try {
      await Promise.all([this.#sections.now.load(), place === FIRST ? null : this.#sections[place].load()]);
      this.#root.dataset.state = "live";
      this.#say(this.#parts.get("summary").textContent === "Nobody watches" ? AWAY : "");
    } catch (error) {
      if (place === this.#shown) this.#fail(error);
    }
  }

  /** @param {any} error */
  #fail(error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Failed)) throw error;
    this.#say(error.message);
  }

  /** @param {string} text */
  #say(text) {
    this.#parts.text("notice", text);
    this.#parts.get("notice").hidden = !text;
  }
}

/** @type {(asked: URLSearchParams) => Partial<import("../common/alerting.js").Wanted>} */
function wanted(asked) {
  const names = /** @type {const} */ (["metric", "of", "field", "part", "host"]);
  return Object.fromEntries(names.map((name) => [name, asked.get(name) ?? ""]));
}

export const mount = mountable('[data-testid="alerts"]', (root) => {
  const page = new Alerts(root);
  page.start();
  return page;
});
