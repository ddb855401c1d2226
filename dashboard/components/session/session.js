// The browser's side of the login: leaves for the login page in time, and draws "Log out".
import { mountable } from "../common/mount.js";
import { Bell } from "./bell.js";
import { markCurrentPage } from "./pages.js";
import { leave, logOut, watch } from "./watch.js";

/** @type {Record<string, string>} */
const NEXT_THEME = { dark: "light", light: "system", system: "dark" };
/** @type {Record<string, string>} */
const THEME_SIGNS = { dark: "☾", light: "☀", system: "◐" };

class Session {
  #root;
  #stopWatching = watch();
  #stopMarking = markCurrentPage();
  #stopping = new AbortController();
  #bell;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#bell = new Bell(/** @type {any} */ (this.#part("bell")), this.#part("bell-count"));
    this.#drawTheme();
    const logout = this.#part("logout");
    logout.addEventListener("click", () => end(logout), { signal: this.#stopping.signal });
  }

  /** @param {{ username?: string, over?: boolean }} told */
  update({ username, over } = {}) {
    if (over) leave("expired");
    const name = this.#part("user-name");
    name.textContent = username ?? "";
    name.title = username ? `Logged in as ${username}` : "";
  }

  stop() {
    this.#bell.stop();
    this.#stopWatching();
    this.#stopMarking();
    this.#stopping.abort();
  }

  #drawTheme() {
    const button = this.#part("theme");
    button.hidden = !window.perfwatch; // in Streamlit's own start page, which is sent when it is not one that we know
    if (!window.perfwatch) return;
    const { theme: chosen, chooseTheme: choose } = window.perfwatch;
    button.textContent = THEME_SIGNS[chosen];
    button.title = `Theme: ${chosen}. Change to ${NEXT_THEME[chosen]}`;
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => choose(NEXT_THEME[chosen]), { signal: this.#stopping.signal });
  }

  /** @type {(name: string) => HTMLButtonElement} */
  #part(name) {
    return /** @type {HTMLButtonElement} */ (this.#root.querySelector(`[data-testid="${name}"]`));
  }
}

/** @type {(button: HTMLButtonElement) => Promise<void>} */
async function end(button) {
  button.disabled = true;
  if (await logOut()) return;
  button.disabled = false;
  button.textContent = "Not logged out: try again";
}

export const mount = mountable(".session", (root) => new Session(root));
