// What the sections share: saying how something went, and asking before something is lost.
import { Failed } from "../common/ask.js";
import { NOTHING } from "../common/format.js";
import { element } from "../common/parts.js";

// `kind` is "good", "bad", "busy" or "".
export function say(place, text, kind = "") {
  place.textContent = text;
  place.dataset.kind = kind;
}

// Does `work`, once at a time, and says what it gives or why it failed. A disabled button would lose the focus.
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
export async function reload(section, place) {
  const held = section.root.getRootNode().activeElement?.ariaLabel;
  await section.load().catch((error) => {
    if (error instanceof Failed) say(place, error.message, "bad");
  });
  if (held) section.root.querySelector(`[aria-label="${CSS.escape(held)}"]`)?.focus();
}

// A section of the page: load() shows what the server tells.
export class Section {
  constructor({ root, parts, confirm, signal }) {
    Object.assign(this, { root, parts, confirm, signal });
  }

  get mayChange() {
    return this.root.dataset.role === "admin";
  }
}

export class Confirm {
  #dialog;
  #parts;

  constructor(parts) {
    this.#parts = parts;
    this.#dialog = parts.get("confirm");
  }

  // Whether the answer to `question` is the one that `yes` names. Escape is no.
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

export function button(text, name, className = "") {
  const made = element("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", name);
  return made;
}

// Puts what stands in `field` into the clipboard, and says on the button how that went.
export async function copy(button, field) {
  field.select();
  // A page that came over plain http from another machine has no clipboard; its selection can be copied.
  const done = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject();
  const copied = await done.then(() => true, () => document.execCommand("copy"));
  button.textContent = copied ? "Copied" : "Press Ctrl-C";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

export function facts(entries) {
  const list = element("dl", "facts");
  for (const [name, value] of entries) {
    list.append(element("div", "", element("dt", "", name), element("dd", "", value ?? NOTHING)));
  }
  return list;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}
