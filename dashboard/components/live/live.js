// The Live page: one host's readings, drawn as they arrive.
import { leave, whoAmI } from "../session/watch.js";
import { clock } from "../common/clock.js";
import { Board } from "./board.js";
import { Connection } from "../common/connection.js";
import { Header } from "./header.js";
import { mountable } from "../common/mount.js";
import { Parts } from "../common/parts.js";
import { Status } from "../common/status.js";
import { choose, fetchHosts, remember } from "../common/hosts.js";

const STALE_INTERVALS = 3;
const DEFAULT_INTERVAL = 5;
const NO_READINGS =
  "No readings yet. They appear here by themselves as soon as a collector publishes: start one with “perfwatch collector”.";

class Live {
  #root;
  #parts;
  #board;
  #header;
  #status;
  #connection = null;
  #hosts = [];
  #host = null;
  #paused = false;
  #stopping = new AbortController();
  #ticking;

  constructor(root) {
    this.#root = root;
    this.#parts = new Parts(root);
    this.#board = new Board(root, this.#parts);
    this.#header = new Header(this.#parts);
    this.#status = new Status(this.#parts.get("status"), () => this.#connection?.retry());
    this.#listen("pause", "click", () => this.#pause());
    this.#listen("unzoom", "click", () => this.#board.zoom(null));
    this.#listen("host-choice", "change", ({ target }) => this.#choose(target.value));
    this.#ticking = setInterval(() => this.#tick(), 1000);
  }

  async start() {
    await this.#loadHosts();
    if (!this.#stopping.signal.aborted) this.#choose(choose(this.#hosts), { keep: false });
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#ticking);
    this.#connection?.close();
    this.#board.destroy();
  }

  #listen(part, event, act) {
    this.#parts.get(part).addEventListener(event, act, { signal: this.#stopping.signal });
  }

  async #loadHosts() {
    this.#hosts = (await fetchHosts()) ?? this.#hosts;
    this.#board.interval = this.#interval;
    this.#showHosts();
  }

  #choose(host, { keep = true } = {}) {
    this.#host = host;
    if (keep) remember(host);
    this.#board.clear(host);
    this.#board.interval = this.#interval;
    this.#showHosts();
    this.#connect();
  }

  #connect() {
    this.#connection?.close();
    const path = this.#host ? `/api/ws/metrics?${new URLSearchParams({ host: this.#host })}` : "/api/ws/metrics";
    this.#connection = new Connection(path, {
      message: (message) => this.#receive(message),
      state: (state) => this.#showState(state),
      open: () => this.#opened(),
      over: () => leave("expired"),
    });
    this.#connection.open();
  }

  // After a reconnection too: history fills what was missed, and the hosts may have changed.
  #opened() {
    this.#loadHosts();
    if (this.#host) this.#board.fill(this.#host);
  }

  #receive(message) {
    if (this.#host === null) return this.#choose(message.host, { keep: false });
    if (message.host !== this.#host) return;
    this.#board.receive(message);
    this.#tick();
  }

  #showState(state) {
    this.#status.show(state);
    // A handshake that is refused looks like any lost connection: only the server knows which it was.
    if (state.until) whoAmI();
  }

  #showHosts() {
    this.#header.showHosts(this.#hosts, this.#host);
    this.#showNotice();
  }

  #tick() {
    const { shown } = this.#board;
    this.#header.tick();
    const late = shown !== null && clock.now() - shown > STALE_INTERVALS * this.#interval * 1000;
    const stale = late && !this.#paused;
    this.#status.tick(shown, stale);
    if (stale !== this.#root.classList.contains("stale")) {
      this.#root.classList.toggle("stale", stale);
      this.#loadHosts();
    }
  }

  #pause() {
    this.#paused = !this.#paused;
    const button = this.#parts.get("pause");
    button.textContent = this.#paused ? "Resume" : "Pause";
    button.setAttribute("aria-pressed", String(this.#paused));
    this.#board.pause(this.#paused);
    this.#tick();
  }

  #showNotice() {
    const text = this.#noticeText();
    this.#parts.text("notice", text);
    this.#parts.get("notice").hidden = !text;
  }

  #noticeText() {
    if (this.#host === null) return this.#hosts.length ? "" : NO_READINGS;
    if (this.#entry?.status === "offline") return `${this.#host} is offline. What is shown is its last reading.`;
    return this.#entry || this.#board.shown !== null ? "" : `There are no readings of ${this.#host} yet.`;
  }

  get #entry() {
    return this.#hosts.find(({ host }) => host === this.#host);
  }

  // Seconds between two readings of this host.
  get #interval() {
    return this.#entry?.info?.interval ?? DEFAULT_INTERVAL;
  }
}

export const mount = mountable('[data-testid="live"]', (root) => {
  const live = new Live(root);
  live.start();
  return live;
});
