// One WebSocket for all charts of a page: it asks for what they want together.
import { Connection } from "../common/connection.js";
import { leave } from "../session/watch.js";

/** @typedef {import("../common/connection.js").Message} Message */
/** @typedef {import("../common/connection.js").State} State */
/** @typedef {{ type: "hello", hosts: import("../common/hosts.js").Host[] }} Hello who is there, before the readings */
/** @typedef {{ host: string, metric: string, message(message: Message): void, state(state: State): void, open(): void }} Follower */

// Charts are put into a page one after the other.
const GATHER_MS = 50;

class Feed {
  /** @type {Set<Follower>} */
  #followers = new Set();
  /** @type {Connection | null} */
  #connection = null;
  #asked = "";
  /** @type {number | undefined} */
  #timer;

  // Returns what ends it.
  /** @type {(follower: Follower) => () => void} */
  follow(follower) {
    this.#followers.add(follower);
    this.#renewSoon();
    return () => {
      this.#followers.delete(follower);
      this.#renewSoon();
    };
  }

  #renewSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#renew(), GATHER_MS);
  }

  #renew() {
    const asked = wanted([...this.#followers]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#connection?.close();
    this.#connection = asked ? new Connection(`/api/ws/metrics?${asked}`, this.#events) : null;
    this.#connection?.open();
  }

  /** @param {Message} message */
  #pass(message) {
    for (const one of this.#followers) if (one.host === message.host) one.message(message);
  }

  #events = {
    message: (/** @type {Message | Hello} */ message) => {
      if (message.type !== "hello") return this.#pass(message);
      for (const host of message.hosts) this.#pass({ type: "host", ...host });
    },
    state: (/** @type {State} */ state) => {
      for (const one of this.#followers) one.state(state);
    },
    open: () => {
      for (const one of this.#followers) one.open();
    },
    over: () => leave("expired"),
  };
}

export const feed = new Feed();

// The parameters of the socket; "" when nobody wants anything.
/** @type {(followers: Pick<Follower, "host" | "metric">[]) => string} */
export function wanted(followers) {
  if (!followers.length) return "";
  const all = (/** @type {"host" | "metric"} */ name) => [...new Set(followers.map((one) => one[name]))].sort();
  const hosts = all("host");
  const asked = new URLSearchParams({ hello: "1", presence: "true", metrics: all("metric").join(",") });
  // A name with a comma in it cannot stand in a list: then all hosts are asked for.
  if (hosts.length === 1) asked.set("host", hosts[0]);
  else if (!hosts.some((host) => host.includes(","))) asked.set("hosts", hosts.join(","));
  return String(asked);
}
