// The Hosts page: every host at a glance, drawn as its readings arrive.
import { ask } from "../common/ask.js";
import { Connection } from "../common/connection.js";
import { drawn, mountable } from "../common/mount.js";
import { Parts } from "../common/parts.js";
import { Status } from "../common/status.js";
import { switchOff } from "../common/off.js";
import { Toast } from "../common/toast.js";
import { leave, whoAmI } from "../session/watch.js";
import { Card } from "./card.js";
import { Choices } from "./choices.js";
import { Device, DeviceCard } from "./device.js";
import { Grid } from "./grid.js";
import { Machine } from "./machine.js";
import { Notice } from "./notice.js";
import { counts, matches, sorted, summary } from "./order.js";
import { fetchPast } from "./past.js";

/** @typedef {import("../common/hosts.js").Host} Host */
/** @typedef {import("../common/connection.js").Metrics} Metrics */

const WATCH_MS = 5000;
const CALM_MS = 5000; // what is sorted by its values moves no more often

class Hosts {
  #root;
  #parts;
  #notice;
  #toast;
  #status;
  #choices;
  /** @type {Map<string, Machine>} */
  #machines = new Map();
  /** @type {Map<string, Device>} */
  #devices = new Map();
  /** @type {Map<string, Metrics>} readings that come before it is known whose they are */
  #early = new Map();
  #loaded = false;
  /** @type {((alert: import("../common/alerting.js").Alert) => void) | null} for admins */
  #off = null;
  /** @type {number | null} the time of the newest reading of all, in ms since 1970 */
  #newest = null;
  #arranged = 0;
  #stopping = new AbortController();
  #grids;
  #connection = new Connection("/api/ws/metrics?presence=true", {
    message: (message) => (message.type === "host" ? this.#learned(message) : this.#receive(message)),
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
    this.#parts = new Parts(root);
    this.#notice = new Notice(this.#parts);
    this.#toast = new Toast(root);
    this.#choices = new Choices(this.#parts.get("choices"), () => this.#arrange(), signal);
    this.#grids = {
      hosts: new Grid(this.#parts.get("hosts"), (/** @type {Machine} */ machine) => new Card(machine, () => this.#off), signal),
      devices: new Grid(this.#parts.get("devices"), (/** @type {Device} */ device) => new DeviceCard(device), signal),
    };
    this.#status = new Status(this.#parts.get("status"), () => this.#connection.retry());
    this.#ticking = setInterval(() => this.#tick(), 1000);
    this.#watching = setInterval(() => document.hidden || this.#watch(), WATCH_MS);
  }

  start() {
    this.#connection.open();
    whoAmI().then((me) => {
      if (me?.role === "admin") this.#off = (alert) => this.#switchOff(alert);
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
    this.#connection.close();
    for (const grid of Object.values(this.#grids)) grid.destroy();
  }

  // After a reconnection too: history fills what was missed, and the hosts may have changed.
  async #opened() {
    try {
      const { hosts } = await ask("/api/hosts", { signal: this.#stopping.signal });
      this.#notice.fail("");
      this.#load(hosts);
      this.#watch();
      this.#fill(await fetchPast());
    } catch (caught) {
      const error = /** @type {Error} */ (caught);
      if (error.name !== "AbortError") this.#notice.fail(error.message);
    } finally {
      drawn(this.#root);
    }
  }

  /** @param {Host[]} entries */
  #load(entries) {
    for (const entry of entries) this.#learn(entry);
    this.#loaded = true;
    this.#root.dataset.state = "live";
    for (const message of this.#early.values()) this.#receive(message);
    this.#early.clear();
    this.#arrange();
  }

  // What rules say of each host; what somebody knows of already needs no look.
  async #watch() {
    const { online, alerts } = await ask("/api/alerts?state=firing", { signal: this.#stopping.signal }).catch(() => ({ online: false, alerts: [] }));
    /** @type {Map<string, import("../common/alerting.js").Alert[]>} */
    const found = new Map();
    for (const alert of alerts) {
      if (alert.acknowledged_by || alert.snoozed_until || alert.paused_until) continue;
      found.set(alert.host, [...(found.get(alert.host) ?? []), alert]);
    }
    const learned = (/** @type {Machine | Device} */ thing) => {
      const before = JSON.stringify(thing.alerts);
      thing.alerts = online ? (found.get(thing.name) ?? []) : null;
      return JSON.stringify(thing.alerts) !== before;
    };
    for (const machine of this.#machines.values()) if (learned(machine)) this.#grids.hosts.change(machine);
    for (const device of this.#devices.values()) if (learned(device)) this.#grids.devices.change(device);
    if (this.#loaded) this.#sum();
  }

  /** @param {Awaited<ReturnType<typeof fetchPast>>} past */
  #fill(past) {
    for (const [host, rows] of past) {
      const machine = this.#machines.get(host);
      if (!machine) continue;
      machine.timeline.fill(rows);
      this.#grids.hosts.change(machine);
    }
  }

  // Message in, frame out: what it changes is drawn in the next frame.
  /** @param {Metrics} message */
  #receive(message) {
    if (!this.#loaded) return this.#early.set([message.host, ...Object.keys(message.data)].join("/"), message);
    const machine = this.#machines.get(message.host);
    const device = this.#devices.get(message.host);
    if (machine) this.#receiveOf(machine, message);
    else if (device) {
      device.receive(message);
      this.#grids.devices.change(device);
    } else return;
    this.#newest = Math.max(this.#newest ?? 0, Date.parse(message.timestamp));
  }

  /** @type {(machine: Machine, message: Metrics) => void} */
  #receiveOf(machine, message) {
    const before = machine.state;
    machine.receive(message);
    this.#grids.hosts.change(machine);
    if (before !== machine.state) this.#sum();
  }

  /** @param {Host} entry */
  #learned(entry) {
    const isNew = this.#learn(entry);
    if (!this.#loaded) return;
    if (isNew) return this.#arrange();
    this.#sum();
    this.#grids.hosts.tick();
  }

  // Whether it is new, or turned out to be a collector after all.
  /** @param {Host} entry */
  #learn(entry) {
    return entry.kind === "device" ? learn(entry, this.#devices, this.#machines, Device) : learn(entry, this.#machines, this.#devices, Machine);
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
    for (const grid of Object.values(this.#grids)) grid.tick();
    this.#sum();
    if (performance.now() - this.#arranged >= CALM_MS && !this.#grids.hosts.isInUse) this.#arrange();
  }

  #arrange() {
    if (!this.#loaded) return;
    this.#arranged = performance.now();
    const { sort, show, text } = this.#choices;
    const machines = [...this.#machines.values()].filter((machine) => matches(machine, { show, text }));
    this.#grids.hosts.arrange(sorted(machines, sort));
    const devices = [...this.#devices.values()].filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
    this.#grids.devices.arrange(devices.sort((a, b) => (a.name < b.name ? -1 : 1)));
    this.#parts.get("device-section").hidden = devices.length === 0 || show !== "all";
    this.#notice.empty(machines.length === 0 && this.#machines.size > 0);
    this.#sum();
  }

  #sum() {
    const found = counts([...this.#machines.values()]);
    for (const [name, count] of Object.entries(found)) this.#parts.text(`count-${name}`, String(count));
    this.#parts.text("summary", found.all ? summary(found) : "No hosts yet");
    this.#notice.tell(found);
  }
}

/** @type {<T extends Machine | Device>(entry: Host, kind: Map<string, T>, other: Map<string, unknown>, Kind: new (name: string) => T) => boolean} */
function learn(entry, kind, other, Kind) {
  const known = kind.get(entry.host);
  const thing = known ?? new Kind(entry.host);
  kind.set(entry.host, thing);
  other.delete(entry.host);
  thing.learn(entry);
  return !known;
}

export const mount = mountable('[data-testid="hosts"]', (root) => {
  const hosts = new Hosts(root);
  hosts.start();
  return hosts;
});
