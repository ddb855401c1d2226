// One sentence at the bottom for some seconds, and a way back. Needs toast.css.
import { element } from "./parts.js";

const SHOWN_MS = 12_000;

export class Toast {
  #text = element("span", "");
  #undo = element("button", "", "Undo");
  #box = element("div", "toast", this.#text, this.#undo);
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#undo.type = "button";
    this.#box.role = "status";
    this.#box.dataset.testid = "toast";
    this.#box.hidden = true;
    root.append(this.#box);
  }

  // `undo` gives what is done then. What it throws is said.
  /** @type {(text: string, undo?: () => Promise<void>) => void} */
  show(text, undo) {
    clearTimeout(this.#timer);
    this.#text.textContent = text;
    this.#undo.hidden = !undo;
    this.#undo.onclick = () => {
      this.#box.hidden = true;
      undo?.().catch((error) => this.show(error.message));
    };
    this.#box.hidden = false;
    this.#timer = setTimeout(() => (this.#box.hidden = true), SHOWN_MS);
  }
}
