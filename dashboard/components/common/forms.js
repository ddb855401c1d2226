// What the sections share: saying how something went, and asking before something is lost.
import { Failed } from "./ask.js";
import { NOTHING } from "./format.js";
import { element } from "./parts.js";

/** @typedef {"good" | "bad" | "busy" | ""} Kind */
/** @typedef {{ root: HTMLElement, parts: import("./parts.js").Parts, confirm: Confirm, signal: AbortSignal }} Given */

// `kind` is "good", "bad", "busy" or "".
/** @type {(place: HTMLElement, text: string, kind?: Kind) => void} */
export function say(place, text, kind = "") {
  place.textContent = text;
  place.dataset.kind = kind;
}

// Does `work`, once at a time, and says what it gives or why it failed. A disabled button would lose the focus.
/** @type {(button: HTMLElement, place: HTMLElement, doing: string, work: () => Promise<string | void>) => Promise<void>} */
export async function attempt(button, place, doing, work) {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  say(place, doing, "busy");
  try {
    say(place, (await work()) ?? "", "good");
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    say(place, error.message, "bad");
  } finally {
    button.ariaBusy = "false";
  }
}

// After a change: the section's list as it is in force, or in `place` why it cannot be had. Who used a
// control of the list by keyboard finds it again.
/** @type {(section: Section & { load(): Promise<void> }, place: HTMLElement) => Promise<void>} */
export async function reload(section, place) {
  const held = /** @type {any} */ (section.root.getRootNode()).activeElement?.ariaLabel;
  await section.load().catch((error) => {
    if (error instanceof Failed) say(place, error.message, "bad");
  });
  const again = held && section.root.querySelector(`[aria-label="${CSS.escape(held)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

// A section of the page: load() shows what the server tells.
export class Section {
  /** @param {Given} given */
  constructor({ root, parts, confirm, signal }) {
    this.root = root;
    this.parts = parts;
    this.confirm = confirm;
    this.signal = signal;
  }

  get mayChange() {
    return this.root.dataset.role === "admin";
  }
}

export class Confirm {
  #dialog;
  #parts;

  /** @param {import("./parts.js").Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#dialog = parts.get("confirm");
  }

  // Whether the answer to `question` is the one that `yes` names. Escape is no.
  /** @type {(question: string, yes: string) => Promise<boolean>} */
  ask(question, yes) {
    this.#parts.text("confirm-text", question);
    this.#parts.text("confirm-yes", yes);
    this.#dialog.returnValue = "no";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "yes"), { once: true });
    });
  }
}

/** @type {(text: string, name: string, className?: string) => HTMLButtonElement} */
export function button(text, name, className = "") {
  const made = element("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", name);
  return made;
}

// Puts what stands in `field` into the clipboard, and says on the button how that went.
/** @type {(button: HTMLElement, field: HTMLInputElement) => Promise<void>} */
export async function copy(button, field) {
  field.select();
  // A page that came over plain http from another machine has no clipboard; its selection can be copied.
  const done = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject();
  const copied = await done.then(() => true, () => document.execCommand("copy"));
  button.textContent = copied ? "Copied" : "Press Ctrl-C";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

/** @type {(entries: [name: string, value: string | null | undefined][]) => HTMLElement} */
export function facts(entries) {
  const list = element("dl", "facts");
  for (const [name, value] of entries) {
    list.append(element("div", "", element("dt", "", name), element("dd", "", value ?? NOTHING)));
  }
  return list;
}

/** @type {(number: number, one: string, many?: string) => string} */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}
