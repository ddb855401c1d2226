// The Hosts page: every host at a glance, drawn as its readings arrive.
import { ask } from "../common/ask.js";
import { Connection } from "../common/connection.js";
import { drawn, mountable } from "../common/mount.js";
import { Parts } from "../common/parts.js";
import { Status } from "../common/status.js";
import { switchOff } from "../common/off.js";
import { Toast } from "../common/toast.js";
import { leave, whoAmI } from "../session/watch.js";
import { Choices } from "./choices.js";
import { Device } from "./device.js";
import { Fleet } from "./fleet.js";
import { Machine } from "./machine.js";
import { Notice } from "./notice.js";
import { counts, grouped, matches, sorted, summary } from "./order.js";
import { fetchPast } from "./past.js";
import { Tagging } from "./tagging.js";
import { Views } from "./views.js";

/** @typedef {import("../common/connection.js").Message | import("../common/connection.js").Summary} Message */

const WATCH_MS = 5000;
const CALM_MS = 5000; // what is sorted by its values moves no more often
const SETTLED_MS = 150; // who scrolls past asks for nothing
const MOST_AT_ONCE = 100;

class Hosts {
  #root;
  #parts;
  #notice;
  #toast;
  #status;
  #choices;
  #views;
  #tagging;
  #fleet = new Fleet();
  /** @type {(Machine | Device)[]} those that are shown */
  #shown = [];
  #loaded = false;
  #isWhole = true;
  /** @type {((alert: import("../common/alerting.js").Alert) => void) | null} for admins */
  #off = null;
  /** @type {number | null} when the newest readings came, in ms since 1970 */
  #newest = null;
  #arranged = 0;
  /** @type {Set<Machine>} whose last minutes are not known yet */
  #unfilled = new Set();
  #asked = "";
  #awaited = ""; // what is sorted by, and not there yet
  /** @type {WeakSet<Machine>} */
  #filled = new WeakSet();
  /** @type {number | undefined} */
  #settling;
  #stopping = new AbortController();
  #connection = new Connection("/api/ws/metrics?summary=true", {
    message: (message) => this.#receive(message),
    state: (state) => this.#showState(state),
    open: () => this.#opened(),
    over: () => leave("expired"),
  });
  #ticking;
  #watching;

  /** @param {HTMLElement} root */
  constructor(root) {
    const { signal } = this.#stopping;
    this.#root = root;
    const parts = (this.#parts = new Parts(root));
    this.#notice = new Notice(parts);
    this.#toast = new Toast(root);
    const choices = (this.#choices = new Choices(parts.get("choices"), () => this.#arrange(), signal));
    this.#views = new Views({ parts, choices, off: () => this.#off, placed: (things) => this.#placed(things) }, signal);
    this.#tagging = new Tagging(parts, (name) => this.#fleet.get(name), signal);
    parts.get("tag").addEventListener("click", () => this.#tagging.open(this.#shown), { signal });
    this.#status = new Status(parts.get("status"), () => this.#connection.retry());
    this.#ticking = setInterval(() => this.#tick(), 1000);
    this.#watching = setInterval(() => document.hidden || this.#watch(), WATCH_MS);
  }

  start() {
    this.#connection.open();
    whoAmI().then((me) => {
      if (me?.role !== "admin") return;
      this.#off = (alert) => this.#switchOff(alert);
      this.#parts.get("tag").hidden = false;
    });
  }

  /** @param {import("../common/alerting.js").Alert} alert */
  async #switchOff(alert) {
    try {
      const undo = await switchOff(alert);
      this.#toast.show(`“${alert.title}” is off for ${alert.host}.`, () => undo().then(() => this.#watch()));
    } catch (error) {
      this.#toast.show(/** @type {Error} */ (error).message);
    }
    this.#watch();
  }

  stop() {
    this.#stopping.abort();
    clearInterval(this.#ticking);
    clearInterval(this.#watching);
    clearTimeout(this.#settling);
    this.#connection.close();
    this.#views.destroy();
  }

  // After a reconnection too: all rows come again, and history fills what was missed.
  #opened() {
    this.#isWhole = true;
    this.#filled = new WeakSet();
    this.#asked = "";
    this.#ask();
    this.#watch();
    this.#remember();
  }

  // What only some tables show is sent to these.
  #ask() {
    const { asked } = this.#choices;
    if (asked.join() === this.#asked) return;
    this.#asked = asked.join();
    const { name, isAsked } = this.#choices.sort.column;
    this.#awaited = isAsked ? name : "";
    this.#connection.send({ type: "columns", columns: asked });
  }

  // The hosts that only the history knows.
  async #remember() {
    try {
      const { hosts } = await ask("/api/hosts?past=true", { signal: this.#stopping.signal });
      this.#notice.fail("");
      for (const { host, kind, status, last_seen: seen, tags } of hosts) {
        this.#fleet.learn(host, { kind, status, seen: seen && Date.parse(seen) / 1000, tags }, false);
      }
      if (hosts.length) this.#arrange();
    } catch (caught) {
      const error = /** @type {Error} */ (caught);
      if (error.name !== "AbortError") this.#notice.fail(error.message);
    }
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "summary") this.#learn(message);
    else if (message.type === "metrics") {
      const device = this.#fleet.get(message.host);
      if (!(device instanceof Device)) return;
      device.receive(message);
      this.#views.change(device);
      this.#newest = Math.max(this.#newest ?? 0, Date.parse(message.timestamp));
    }
  }

  // Rows, and then what changed in them.
  /** @param {import("../common/connection.js").Summary} message */
  #learn({ timestamp, hosts }) {
    const isCome = this.#awaited !== "" && Object.values(hosts).some((row) => this.#awaited in row);
    if (isCome) this.#awaited = "";
    let isMoved = !this.#loaded || isCome;
    const second = Math.floor(Date.parse(timestamp) / 1000);
    for (const [name, { ago, ...row }] of Object.entries(hosts)) {
      const seen = ago === undefined ? {} : { seen: second - ago };
      const learned = this.#fleet.learn(name, { ...row, ...seen }, this.#isWhole);
      isMoved ||= learned.isMoved;
      this.#views.change(learned.thing);
      if (seen.seen) this.#newest = Math.max(this.#newest ?? 0, 1000 * seen.seen);
    }
    this.#isWhole = false;
    if (!this.#loaded) {
      this.#loaded = true;
      this.#root.dataset.state = "live";
    }
    if (isMoved) this.#arrange();
    else this.#sum();
    drawn(this.#root);
  }

  async #watch() {
    const { online, alerts } = await ask("/api/alerts?state=firing", { signal: this.#stopping.signal }).catch(() => ({ online: false, alerts: [] }));
    for (const thing of this.#fleet.watch(online ? alerts : null)) this.#views.change(thing);
    if (this.#loaded) this.#sum();
  }

  // The last minutes of the cards in sight, once nobody scrolls any more.
  /** @param {(Machine | Device)[]} things */
  #placed(things) {
    for (const thing of things) if (thing instanceof Machine && !this.#filled.has(thing)) this.#unfilled.add(thing);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#fill(), SETTLED_MS);
  }

  async #fill() {
    const asked = [...this.#unfilled].slice(-MOST_AT_ONCE);
    this.#unfilled.clear();
    if (!asked.length) return;
    for (const machine of asked) this.#filled.add(machine);
    const past = await fetchPast(asked.map(({ name }) => name));
    for (const machine of asked) {
      machine.timeline.fill(past.get(machine.name) ?? []);
      this.#views.change(machine);
    }
  }

  /** @param {import("../common/connection.js").State} state */
  #showState(state) {
    this.#status.show(state);
    // A handshake that is refused looks like any lost connection: only the server knows which it was.
    if (state.until) whoAmI();
  }

  #tick() {
    this.#status.tick(this.#newest);
    if (!this.#loaded) return;
    this.#views.tick();
    this.#sum();
    if (performance.now() - this.#arranged >= CALM_MS && !this.#views.isInUse) this.#arrange();
  }

  #arrange() {
    if (!this.#loaded) return;
    this.#ask();
    this.#arranged = performance.now();
    this.#choices.offer(this.#fleet.tags);
    const { sort, show, text, group } = this.#choices;
    this.#shown = sorted(this.#fleet.things.filter((thing) => matches(thing, { show, text })), sort);
    this.#views.show(grouped(this.#shown, group));
    this.#notice.empty(!this.#shown.length && this.#fleet.things.length > 0);
    this.#sum();
  }

  #sum() {
    const found = counts(this.#fleet.things);
    for (const [name, count] of Object.entries(found)) this.#parts.text(`count-${name}`, String(count));
    this.#parts.text("summary", found.all ? summary(found) : "No hosts yet");
    this.#notice.tell(found);
  }
}

export const mount = mountable('[data-testid="hosts"]', (root) => {
  const hosts = new Hosts(root);
  hosts.start();
  return hosts;
});
