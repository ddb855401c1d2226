// What is the matter when there is nothing to show, and what to do.
import { trouble } from "../common/trouble.js";

const NO_HOSTS = "No host has published yet. It appears here by itself as soon as a collector runs: start one with “perfwatch collector”.";
const NO_MATCH = "No host matches. Choose “All” or another name.";
const ASK_AGAIN_MS = 10_000; // while nothing arrives, nothing else can tell that the broker is back

export class Notice {
  #parts;
  #failed = "";
  #broker = "";
  #unmatched = false;
  #asked = -Infinity;

  /** @param {import("../common/parts.js").Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  // Empty once it works again.
  /** @param {string} sentence */
  fail(sentence) {
    this.#failed = sentence;
    this.#show("");
  }

  // Whether there are hosts, and none of them was chosen.
  /** @param {boolean} unmatched */
  empty(unmatched) {
    this.#unmatched = unmatched;
  }

  // counts: of all hosts, and of those online
  /** @param {Record<string, number>} counts */
  tell({ all, online }) {
    if (online) this.#broker = "";
    else this.#ask();
    this.#show(all ? "" : NO_HOSTS);
  }

  async #ask() {
    if (performance.now() - this.#asked < ASK_AGAIN_MS) return;
    this.#asked = performance.now();
    this.#broker = (await trouble()).broker ?? "";
  }

  /** @param {string} otherwise */
  #show(otherwise) {
    const text = this.#failed || this.#broker || otherwise || (this.#unmatched ? NO_MATCH : "");
    this.#parts.text("notice", text);
    this.#parts.get("notice").hidden = !text;
    this.#parts.get("notice").classList.toggle("bad", Boolean(this.#failed || this.#broker));
  }
}
