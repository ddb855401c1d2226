// How the page is connected, in words and colour, how old its newest reading is, and a button to try again.
import { clock } from "./clock.js";
import { age } from "./format.js";
import { element } from "./parts.js";

/** @typedef {import("./connection.js").State} State */

const WORDS = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  failed: "No connection, trying again",
};

export class Status {
  #box;
  /** @type {State} */
  #state = { name: "connecting" };
  #words = spoken();
  #wait = element("span", "wait");
  #age = element("span", "age", "–");
  #retry = element("button", "retry", "Retry now");

  // `box` is an empty element, `retry` what the button does. Needs status.css.
  /** @param {HTMLElement} box @param {() => void} retry */
  constructor(box, retry) {
    this.#box = box;
    box.classList.add("status");
    this.#wait.ariaHidden = "true"; // a countdown is for the eyes: read out, it would never end
    this.#age.dataset.testid = "reading-age";
    this.#age.title = "Age of the newest reading";
    this.#retry.type = "button";
    this.#retry.dataset.testid = "retry";
    this.#retry.addEventListener("click", retry);
    box.append(element("i", "dot"), this.#words, this.#wait, this.#age, this.#retry);
    this.show(this.#state);
  }

  // A state of Connection: {name, until}, where `until` is when it tries again (performance.now()).
  /** @type {(state: State) => void} */
  show(state) {
    this.#state = state;
    this.#box.dataset.connection = state.name;
    this.#words.textContent = WORDS[state.name];
    this.#retry.hidden = !state.until;
    this.#count();
  }

  // Once a second. `timestamp` is the newest reading's in ms, null before the first; `late` when it is overdue.
  /** @type {(timestamp: number | null, late?: boolean) => void} */
  tick(timestamp, late = false) {
    this.#count();
    this.#box.classList.toggle("late", late);
    this.#age.textContent = timestamp === null ? "–" : age(clock.now() - timestamp);
  }

  #count() {
    const { until } = this.#state;
    const left = until ? Math.max(0, Math.ceil((until - performance.now()) / 1000)) : 0;
    this.#wait.textContent = until ? (left ? `in ${left} s` : "now") : "";
  }
}

function spoken() {
  const words = element("span", "words");
  words.dataset.testid = "connection-state";
  words.role = "status";
  return words;
}
