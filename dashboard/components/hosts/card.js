// The card of one host.
import { span } from "../common/format.js";
import { historyPath, livePath } from "../common/links.js";
import { element } from "../common/parts.js";
import { WINDOW_MS } from "../common/timeline.js";
import { FIGURES } from "./figures.js";
import { Spark } from "./spark.js";

/** @typedef {import("./machine.js").Machine} Machine */

export class Card {
  #machine;
  #words = element("span", "words");
  #up = element("span", "up");
  #off = element("button", "off", "Off here");
  #os = element("p", "os");
  #switchOff;
  #cells = FIGURES.map((figure) => new Cell(figure));

  // `switchOff` is what the button does; null for who may not.
  /** @param {Machine} machine @param {() => ((alert: import("../common/alerting.js").Alert) => void) | null} switchOff */
  constructor(machine, switchOff) {
    this.#machine = machine;
    this.#switchOff = switchOff;
    this.#off.type = "button";
    this.#off.addEventListener("click", () => this.#alert && switchOff()?.(this.#alert));
    const history = link(historyPath({ host: machine.name, metric: "cpu" }), "history", "History");
    history.setAttribute("aria-label", `History of ${machine.name}`);
    const top = element("div", "first", sign(), element("h2", "", liveLink(machine.name)), this.#os);
    const state = element("p", "state", this.#words, this.#off, this.#up, history);
    this.root = element("li", "card host", top, state, element("dl", "cells", ...this.#cells.map(({ root }) => root)));
    this.root.dataset.host = machine.name;
    this.root.dataset.testid = "host-card";
  }

  // What changes with time alone.
  tick() {
    const { state, uptime, row, troubles } = this.#machine;
    const text = showState(this.root, this.#words, this.#machine);
    set(this.#words, "title", text);
    set(this.#up, "textContent", uptime === null || troubles.length || state === "offline" ? "" : `up ${span(uptime)}`);
    set(this.#os, "textContent", row.os ?? "");
    const alert = state === "online" ? this.#alert : null;
    set(this.#off, "hidden", !alert || !this.#switchOff());
    if (alert) set(this.#off, "ariaLabel", `Off here: ${alert.title} on ${alert.host}`);
  }

  get #alert() {
    return this.#machine.alerts?.[0] ?? null;
  }

  draw() {
    this.tick();
    const { row, over, timeline, time } = this.#machine;
    const [times, ...columns] = timeline.columns();
    const to = time ?? timeline.newest ?? 0;
    const window = { from: to - WINDOW_MS, to };
    this.#cells.forEach((cell, index) => cell.draw(row, over, times, columns[index], window));
  }
}

class Cell {
  #figure;
  #label = element("dt", "");
  #number = element("b", "");
  #unit = element("small", "");
  #spark;

  /** @param {import("./figures.js").Figured} figure */
  constructor(figure) {
    this.#figure = figure;
    this.#spark = new Spark(figure.color);
    this.#label.textContent = figure.label;
    const value = element("dd", "", element("span", "value", this.#number, " ", this.#unit), this.#spark.svg);
    this.root = element("div", "cell", this.#label, value);
    this.root.dataset.figure = figure.name;
  }

  /** @type {(row: import("./figures.js").Row, over: Set<string>, times: number[], values: (number | null)[], window: { from: number, to: number }) => void} */
  draw(row, over, times, values, window) {
    const { name, label, write, top } = this.#figure;
    const { number, unit } = write(row[name]);
    set(this.#number, "textContent", number);
    set(this.#unit, "textContent", unit);
    if (name === "disk") set(this.#label, "textContent", `${label} ${row.fullest ?? ""}`.trim());
    this.root.classList.toggle("over", over.has(name));
    this.#spark.draw(times, values, window, top);
  }
}

// Writes a thing's state where it stands, and gives the words.
/** @type {(root: HTMLElement, place: HTMLElement, thing: import("./order.js").Thing) => string} */
export function showState(root, place, { state, troubles, words }) {
  set(root.dataset, "state", troubles.length ? "trouble" : state);
  const text = capital(troubles.join(", ")) || words;
  set(place, "textContent", text);
  return text;
}

export function sign() {
  const made = element("i", "sign");
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** @type {(host: string) => HTMLAnchorElement} */
export function liveLink(host) {
  return link(livePath(host), "name", host);
}

// Writes what differs only: an equal write would still cost the browser work.
/** @type {(target: any, name: string, value: unknown) => void} */
export function set(target, name, value) {
  if (target[name] !== value) target[name] = value;
}

/** @type {(text: string) => string} */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @type {(href: string, className: string, text: string) => HTMLAnchorElement} */
function link(href, className, text) {
  const made = element("a", className, text);
  made.href = href;
  return made;
}
