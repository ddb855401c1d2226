// The row above the cards: whose readings these are, and what kind of machine that is.
import { memory, joined, span } from "../common/format.js";
import { clock } from "../common/clock.js";
import { element } from "../common/parts.js";
import { byRoom, conditionOf, deviceFacts } from "./device.js";

/** @typedef {import("./device.js").Condition} Condition */

export class Header {
  #parts;
  /** @type {import("../common/readings.js").HostInfo | null} */
  #info = null;
  #isAway = false;
  /** @type {import("../common/hosts.js").Host | undefined} */
  #entry;
  /** @type {Condition} */
  #condition = {};

  /** @param {import("../common/parts.js").Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @type {(hosts: import("../common/hosts.js").Host[], shown: string | null) => void} */
  showHosts(hosts, shown) {
    const one = hosts.find(({ host }) => host === shown);
    if (this.#entry?.host !== one?.host) this.#condition = {};
    this.#entry = one;
    this.#info = one?.info ?? null;
    this.#isAway = one?.status === "offline";
    this.#parts.text("host-name", shown ?? "No host yet");
    this.#showChoice(hosts, shown);
    this.tick();
  }

  // How a device itself is, by its newest readings.
  /** @param {Record<string, any>} data */
  receive(data) {
    Object.assign(this.#condition, ...Object.values(data).map(conditionOf));
    this.tick();
  }

  // Once a second: the uptime grows.
  tick() {
    this.#showFacts();
  }

  /** @type {(hosts: import("../common/hosts.js").Host[], shown: string | null) => void} */
  #showChoice(hosts, shown) {
    const choice = this.#parts.get("host-choice");
    const known = hosts.some(({ host }) => host === shown) || shown === null;
    /** @type {import("../common/hosts.js").Host[]} */
    const all = known ? hosts : [{ host: shown ?? "", kind: "collector", status: null, since: null, last_seen: null, tags: {}, timestamp: null, info: null }, ...hosts];
    const rows = byRoom(all);
    const said = JSON.stringify(rows);
    if (choice.dataset.rows !== said) choice.replaceChildren(...rows.map(group));
    choice.dataset.rows = said;
    choice.value = shown ?? "";
    choice.hidden = all.length < 2;
    choice.closest(".board").classList.toggle("many", all.length > 1);
  }

  #showFacts() {
    const info = this.#info;
    if (!info) return this.#parts.text("facts", this.#entry ? deviceFacts(this.#entry, this.#condition).join(" · ") : "");
    // Of one that is away nobody knows whether it is up.
    const up = info.boot_time && !this.#isAway ? (clock.now() - Date.parse(info.boot_time)) / 1000 : null;
    const facts = [
      info.os,
      info.kernel && `kernel ${info.kernel}`,
      info.core_count && `${info.core_count} cores`,
      info.memory_total_bytes && joined(memory(info.memory_total_bytes)),
      up && up > 0 && `up ${span(up)}`,
    ];
    this.#parts.text("facts", facts.filter(Boolean).join(" · "));
  }
}

/** @type {(row: import("./device.js").Group) => HTMLElement} */
function group({ name, options }) {
  const made = options.map(([value, text]) => Object.assign(element("option", "", text), { value }));
  const box = element("optgroup", "", ...made);
  box.label = name;
  return box;
}
