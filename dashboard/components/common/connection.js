// The live WebSocket: opened, kept, opened again. It says what state it is in and passes messages on.
import { at } from "./paths.js";

/**
 * A tick of one host: each metric's reading as it was published. What devices publish is declared by nobody.
 * @typedef {{ type: "metrics", timestamp: string, host: string, data: import("./readings.js").Readings & Record<string, any> }} Metrics
 */
/** @typedef {{ type: "host" } & import("./hosts.js").Host} Presence */
/** @typedef {{ type: "summary", timestamp: string, hosts: Record<string, import("../hosts/figures.js").Row & { ago?: number }> }} Summary asked for by summary=true: all hosts, then what changed */
/** @typedef {Metrics | Presence} Message */
/** @typedef {{ name: "connecting" | "connected" | "reconnecting" | "failed", until?: number }} State */
/** @typedef {{ message(message: Message): void, state(state: State): void, open(): void, over(): void }} Events */

const SESSION_OVER = 4001;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const GIVE_UP_HOPE_AFTER = 6; // attempts; it goes on trying, but says so in other words
const QUIET_MS = 20_000;

export class Connection {
  #path;
  #events;
  /** @type {WebSocket | null} */
  #socket = null;
  #attempts = 0;
  /** @type {number | undefined} */
  #timer;
  /** @type {number | undefined} */
  #pulse;
  #heard = 0;
  #retry = () => this.retry();

  /** @param {string} path @param {Events} events */
  constructor(path, events) {
    this.#path = path;
    this.#events = events;
  }

  open() {
    const url = new URL(at(this.#path), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    window.addEventListener("online", this.#retry);
    this.#events.state({ name: this.#attempts ? "reconnecting" : "connecting" });
    const socket = (this.#socket = new WebSocket(url));
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
  }

  retry() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.open();
  }

  /** @param {object} message lost while there is no connection */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    clearTimeout(this.#timer);
    clearInterval(this.#pulse);
    window.removeEventListener("online", this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #opened() {
    this.#attempts = 0;
    this.#heard = performance.now();
    this.#pulse = setInterval(() => this.#check(), QUIET_MS / 2);
    this.#events.state({ name: "connected" });
    this.#events.open();
  }

  /** @type {(text: string) => void} */
  #received(text) {
    this.#heard = performance.now();
    const message = JSON.parse(text);
    if (message.type !== "pong") this.#events.message(message);
  }

  // A cable pulled out closes nothing: ask, and when no answer comes, take the socket for dead.
  #check() {
    const quiet = performance.now() - this.#heard;
    if (quiet > 2 * QUIET_MS) return this.#socket?.close();
    if (quiet > QUIET_MS) this.send({ type: "ping" });
  }

  /** @type {(socket: WebSocket, code: number) => void} */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#pulse);
    if (code === SESSION_OVER) return this.#events.over();
    const wait = this.#nextWait();
    /** @type {State["name"]} */
    const name = this.#attempts > GIVE_UP_HOPE_AFTER ? "failed" : "reconnecting";
    this.#events.state({ name, until: performance.now() + wait });
    this.#timer = setTimeout(this.#retry, wait);
  }

  // Jitter keeps a wall of screens from returning in the same instant.
  #nextWait() {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return wait * (0.75 + Math.random() * 0.25);
  }
}
