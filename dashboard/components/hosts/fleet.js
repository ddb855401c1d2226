// All hosts and devices that the page knows, as the summary tells of them.
import { Device } from "./device.js";
import { Machine } from "./machine.js";

/** @typedef {import("./figures.js").Row} Row */
/** @typedef {import("../common/alerting.js").Alert} Alert */

export class Fleet {
  /** @type {Map<string, Machine | Device>} */
  #things = new Map();
  /** @type {Map<string, Alert[]> | null} what fires, by host; null where nobody watches */
  #alerts = null;

  get things() {
    return [...this.#things.values()];
  }

  // The names of the tags that hosts have.
  get tags() {
    return [...new Set(this.things.flatMap(({ tags }) => Object.keys(tags)))].sort();
  }

  /** @param {string} name */
  get(name) {
    return this.#things.get(name);
  }

  // Takes a host's row, or what changed in it: gives the host, and whether it may belong elsewhere now.
  /** @type {(name: string, row: Row, isWhole: boolean) => { thing: Machine | Device, isMoved: boolean }} */
  learn(name, row, isWhole) {
    const known = this.#things.get(name);
    const kind = row.kind ?? known?.row.kind;
    const Kind = kind === "device" ? Device : Machine;
    const thing = known instanceof Kind ? known : new Kind(name);
    if (thing !== known && known) thing.learn(known.row, true);
    if (thing !== known) thing.alerts = this.#of(name);
    thing.learn(row, isWhole);
    this.#things.set(name, thing);
    return { thing, isMoved: thing !== known || "tags" in row };
  }

  // What rules say, null where nobody watches; what somebody knows of already needs no look. Gives whom it changed.
  /** @param {Alert[] | null} alerts */
  watch(alerts) {
    const open = alerts?.filter((one) => !one.acknowledged_by && !one.snoozed_until && !one.paused_until);
    this.#alerts = open ? new Map(Object.entries(Object.groupBy(open, ({ host }) => host)).map(([host, some]) => [host, some ?? []])) : null;
    return this.things.filter((thing) => {
      const before = JSON.stringify(thing.alerts);
      thing.alerts = this.#of(thing.name);
      return JSON.stringify(thing.alerts) !== before;
    });
  }

  /** @param {string} name */
  #of(name) {
    return this.#alerts ? (this.#alerts.get(name) ?? []) : null;
  }
}
