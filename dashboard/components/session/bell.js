// The bell on every page: how many alerts fire that nobody has acknowledged.
import { Failed, ask } from "../common/ask.js";
import { at } from "../common/paths.js";

const AGAIN_MS = 10_000;

/** @typedef {{ online: boolean, unseen: number, worst: string | null }} Sum */

export class Bell {
  #link;
  #count;
  #stopping = new AbortController();
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLAnchorElement} link @param {HTMLElement} count */
  constructor(link, count) {
    this.#link = link;
    this.#count = count;
    link.href = at("/alerts");
    const { signal } = this.#stopping;
    const seen = () => document.visibilityState === "visible" && this.#look();
    document.addEventListener("visibilitychange", seen, { signal });
    // The Alerts page says when something was acknowledged.
    window.addEventListener("perfwatch-alerts", () => this.#look(), { signal });
    this.#look();
  }

  stop() {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      if (!document.hidden) this.#show(await ask("/api/alerts?limit=0", { signal: this.#stopping.signal }));
    } catch (error) {
      if (!(error instanceof Failed)) return;
      this.#show({ online: false, unseen: 0, worst: null });
    }
    this.#timer = setTimeout(() => this.#look(), AGAIN_MS);
  }

  /** @param {Sum} sum */
  #show({ online, unseen, worst }) {
    this.#link.dataset.tone = online ? (worst ?? "calm") : "away";
    this.#count.hidden = !unseen;
    this.#count.textContent = unseen > 99 ? "99+" : String(unseen);
    this.#link.title = online ? words(unseen) : "Nobody watches: there is no alerts service";
    this.#link.setAttribute("aria-label", this.#link.title);
  }
}

/** @type {(unseen: number) => string} */
function words(unseen) {
  if (!unseen) return "Alerts: nothing fires";
  return `Alerts: ${unseen} ${unseen === 1 ? "fires" : "fire"}`;
}
