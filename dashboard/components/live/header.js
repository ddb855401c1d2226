// The row above the cards: whose readings these are, how we are connected, how old they are.
import { age, memory, joined, span } from "../common/format.js";
import { clock } from "../common/clock.js";
import { element, resize } from "../common/parts.js";

const WORDS = { connecting: "Connecting", connected: "Connected" };

export class Header {
  #parts;
  #state = { name: "connecting" };
  #info = null;

  constructor(parts) {
    this.#parts = parts;
  }

  showHosts(hosts, shown) {
    const one = hosts.find(({ host }) => host === shown);
    this.#info = one?.info ?? null;
    this.#parts.text("host-name", shown ?? "No host yet");
    this.#parts.text("cpu-model", this.#info?.cpu_model ?? "");
    this.#showChoice(hosts, shown);
    this.tick(null);
  }

  showState(state) {
    this.#state = state;
    this.#parts.get("retry").hidden = !state.until;
    this.#showWords();
  }

  // Once a second: whatever changes with time alone. `timestamp` is the shown reading's, in ms.
  tick(timestamp) {
    this.#showWords();
    this.#showFacts();
    if (timestamp !== null) this.#parts.text("reading-age", age(clock.now() - timestamp));
  }

  #showChoice(hosts, shown) {
    const choice = this.#parts.get("host-choice");
    const known = hosts.some(({ host }) => host === shown) || shown === null;
    const all = known ? hosts : [{ host: shown, status: null }, ...hosts];
    const options = resize(choice, all.length, () => element("option", ""));
    all.forEach(({ host, status }, index) => {
      options[index].value = host;
      options[index].textContent = status === "offline" ? `${host} (offline)` : host;
    });
    choice.value = shown ?? "";
    choice.hidden = all.length < 2;
    choice.closest(".board").classList.toggle("many", all.length > 1);
  }

  #showWords() {
    const { name, until } = this.#state;
    const left = until ? Math.max(0, Math.ceil((until - performance.now()) / 1000)) : 0;
    const again = left ? `in ${left} s` : "now";
    const lost = name === "failed" ? `No connection, trying again ${again}` : `Reconnecting ${again}`;
    this.#parts.text("connection-state", WORDS[name] ?? lost);
  }

  #showFacts() {
    const info = this.#info;
    if (!info) return this.#parts.text("facts", "");
    const up = info.boot_time ? (clock.now() - Date.parse(info.boot_time)) / 1000 : null;
    const facts = [
      info.os,
      info.kernel && `kernel ${info.kernel}`,
      info.core_count && `${info.core_count} cores`,
      info.memory_total_bytes && joined(memory(info.memory_total_bytes)),
      up > 0 && `up ${span(up)}`,
    ];
    this.#parts.text("facts", facts.filter(Boolean).join(" · "));
  }
}
