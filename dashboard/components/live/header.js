// The row above the cards: whose readings these are, and what kind of machine that is.
import { memory, joined, span } from "../common/format.js";
import { clock } from "../common/clock.js";
import { element, resize } from "../common/parts.js";

export class Header {
  #parts;
  /** @type {import("../common/readings.js").HostInfo | null} */
  #info = null;
  #isAway = false;

  /** @param {import("../common/parts.js").Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @type {(hosts: import("../common/hosts.js").Host[], shown: string | null) => void} */
  showHosts(hosts, shown) {
    const one = hosts.find(({ host }) => host === shown);
    this.#info = one?.info ?? null;
    this.#isAway = one?.status === "offline";
    this.#parts.text("host-name", shown ?? "No host yet");
    this.#showChoice(hosts, shown);
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
    const all = known ? hosts : [{ host: shown ?? "", status: null }, ...hosts];
    const options = resize(choice, all.length, () => element("option", ""));
    all.forEach(({ host, status }, index) => {
      options[index].value = host;
      options[index].textContent = status === "offline" ? `${host} (offline)` : host;
    });
    choice.value = shown ?? "";
    choice.hidden = all.length < 2;
    choice.closest(".board").classList.toggle("many", all.length > 1);
  }

  #showFacts() {
    const info = this.#info;
    if (!info) return this.#parts.text("facts", "");
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
