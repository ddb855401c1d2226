// The Live page: one host's readings, drawn as they arrive.
import { leave, whoAmI } from "../session/watch.js";
import { clock } from "../common/clock.js";
import { Board } from "./board.js";
import { Connection } from "../common/connection.js";
import { Header } from "./header.js";
import { drawn, mountable } from "../common/mount.js";
import { fetchNotes } from "../common/notes.js";
import { Parts } from "../common/parts.js";
import { choose, fetchHosts, remember } from "../common/hosts.js";
import { Status } from "../common/status.js";
import { WINDOW_MS } from "../common/timeline.js";
import { trouble } from "../common/trouble.js";
import { notice } from "./notice.js";
import { Ranges } from "./range/ranges.js";

/** @typedef {import("../common/hosts.js").Host} Host */

const LATE_INTERVALS = 3;
const DEFAULT_INTERVAL = 5; // seconds; devices without `info` do not say theirs
const DAY = 24 * 3_600_000; // devices may say something twice a day only
const NOTE_MS = 10_000;
const ASK_AGAIN_MS = 10_000;
const LOOK_MS = 5000; // the server takes a look for over after 15 s

class Live {
  #root;
  #parts;
  #board;
  #ranges;
  #header;
  #status;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {Host[]} */
  #hosts = [];
  /** @type {string | null} */
  #host = null;
  #connected = false;
  #paused = false;
  #late = false;
  #asked = 0;
  #received = 0;
  /** @type {{ broker?: string | null, store?: string | null }} */
  #trouble = {};
  /** @type {string | null} */
  #unfilled = null;
  #stopping = new AbortController();
  #ticking;
  #noting;
  #looking;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    const parts = (this.#parts = new Parts(root));
    this.#board = new Board(parts.get("cards"), parts.get("missing"), {
      zoomed: (range) => (parts.get("unzoom").hidden = range === null),
      failed: (sentence) => this.#say({ unfilled: sentence }),
    });
    this.#ranges = new Ranges(root, parts);
    this.#header = new Header(parts);
    this.#status = new Status(parts.get("status"), () => this.#connection?.retry());
    this.#listen("pause", "click", () => this.#pause());
    this.#listen("unzoom", "click", () => this.#board.zoom(null));
    this.#listen("host-choice", "change", ({ target }) => this.#choose(target.value));
    this.#ticking = setInterval(() => this.#tick(), 1000);
    this.#noting = setInterval(() => document.hidden || this.#note(), NOTE_MS);
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    document.addEventListener("visibilitychange", () => this.#look(), { signal: this.#stopping.signal });
  }

  async start() {
    await this.#loadHosts();
    if (!this.#stopping.signal.aborted) this.#choose(choose(this.#hosts), { keep: false });
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#ticking);
    clearInterval(this.#noting);
    clearInterval(this.#looking);
    this.#connection?.close();
    this.#board.destroy();
    this.#ranges.stop();
  }

  /** @type {(part: string, event: string, act: (event: any) => void) => void} */
  #listen(part, event, act) {
    this.#parts.get(part).addEventListener(event, act, { signal: this.#stopping.signal });
  }

  async #loadHosts() {
    this.#hosts = (await fetchHosts()) ?? this.#hosts;
    this.#showHosts();
  }

  /** @type {(host: string | null, options?: { keep?: boolean }) => void} */
  #choose(host, { keep = true } = {}) {
    this.#host = host;
    if (keep && host !== null) remember(host);
    this.#received = performance.now();
    this.#unfilled = null;
    this.#root.dataset.host = host ?? "";
    this.#board.begin(host);
    this.#ranges.choose(host, this.#entry);
    this.#showHosts();
    this.#connect();
    this.#note();
  }

  // Marks where rules fired, and their limits.
  async #note() {
    const host = this.#host;
    if (host === null) return;
    const now = clock.now();
    const heard = await fetchNotes([host], now - WINDOW_MS, now, this.#stopping.signal);
    if (host === this.#host && !this.#stopping.signal.aborted) this.#board.note(heard);
  }

  #connect() {
    this.#connection?.close();
    const asked = new URLSearchParams({ presence: "true" });
    if (this.#host !== null) asked.set("host", this.#host);
    this.#connection = new Connection(`/api/ws/metrics?${asked}`, {
      message: (message) => this.#receive(message),
      state: (state) => this.#showState(state),
      open: () => this.#opened(),
      over: () => leave("expired"),
    });
    this.#connection.open();
  }

  // After a reconnection too: history fills what was missed, and the hosts may have changed.
  #opened() {
    this.#look();
    this.#loadHosts();
    this.#board.refill();
  }

  // While somebody sees the live cards, the host reads each second.
  #look() {
    const seen = !document.hidden && this.#root.dataset.shows === "live";
    if (seen && this.#host !== null) this.#connection?.send({ type: "watch", host: this.#host });
  }

  /** @param {import("../common/connection.js").Message} message */
  #receive(message) {
    if (message.type === "host") return this.#learn(message);
    if (this.#host === null) return this.#choose(message.host, { keep: false });
    if (message.host !== this.#host) return;
    this.#received = performance.now();
    this.#header.receive(message.data);
    this.#board.receive(message);
    this.#ranges.receive(message, this.#entry?.info ?? null);
    this.#tick();
  }

  // A host came, went, or says something else of itself.
  /** @param {Host} entry */
  #learn(entry) {
    this.#hosts = [...this.#hosts.filter(({ host }) => host !== entry.host), entry];
    this.#hosts.sort((a, b) => (a.host < b.host ? -1 : 1));
    this.#showHosts();
  }

  /** @param {import("../common/connection.js").State} state */
  #showState(state) {
    this.#connected = state.name === "connected";
    this.#root.dataset.connection = state.name;
    this.#status.show(state);
    // A handshake that is refused looks like any lost connection: only the server knows which it was.
    if (state.until) whoAmI();
  }

  #showHosts() {
    this.#header.showHosts(this.#hosts, this.#host);
    if (this.#host !== null) this.#board.know(this.#entry?.info ?? null, this.#interval);
    this.#say({});
  }

  // Once a second, and with every message: whatever changes with time alone.
  #tick() {
    const { shown } = this.#board;
    const late = this.#isLate(shown);
    this.#header.tick();
    this.#status.tick(shown, late && !this.#paused);
    this.#root.classList.toggle("stale", late && !this.#paused);
    const turned = late !== this.#late;
    this.#late = late;
    if (turned || (late && performance.now() - this.#asked > ASK_AGAIN_MS)) this.#ask();
  }

  // By the reading's own age; without a reading, by how long one has been waited for.
  /** @param {number | null} shown */
  #isLate(shown) {
    const waited = performance.now() - this.#received;
    const old = shown === null ? waited : Math.max(clock.now() - shown, waited);
    const patience = this.#entry?.device ? DAY : LATE_INTERVALS * this.#board.step;
    return (this.#paused ? waited : old) > patience;
  }

  // Why readings are late: asked while they are. Whether the host is there, it says itself.
  async #ask() {
    this.#asked = performance.now();
    if (this.#connected) this.#say({ trouble: this.#late ? await trouble() : {} });
  }

  #pause() {
    this.#paused = !this.#paused;
    const button = this.#parts.get("pause");
    button.textContent = this.#paused ? "Resume" : "Pause";
    button.setAttribute("aria-pressed", String(this.#paused));
    this.#board.pause(this.#paused);
    this.#tick();
  }

  /** @param {{ trouble?: { broker?: string | null, store?: string | null }, unfilled?: string | null }} found */
  #say({ trouble: found = this.#trouble, unfilled = this.#unfilled }) {
    this.#trouble = found;
    this.#unfilled = unfilled;
    const { text, tone } = notice({
      host: this.#host,
      hosts: this.#hosts,
      shown: this.#board.shown,
      late: this.#late,
      trouble: found,
      unfilled,
    });
    const place = this.#parts.get("notice");
    this.#parts.text("notice", text);
    place.className = `notice ${tone}`;
    place.hidden = !text;
    if (text) drawn(this.#root);
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
