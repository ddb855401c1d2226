// The cards there are, in the order in which a page shows them. A metric without one gets a generic card.
import { containers } from "./cards/containers.js";
import { cpuCores } from "./cards/cpu_cores.js";
import { cpu } from "./cards/cpu.js";
import { disk } from "./cards/disk.js";
import { generic } from "./cards/generic.js";
import { gpu } from "./cards/gpu.js";
import { memory } from "./cards/memory.js";
import { memoryBandwidth } from "./cards/memory_bandwidth.js";
import { network } from "./cards/network.js";
import { perfEvents } from "./cards/perf_events.js";
import { pressure } from "./cards/pressure.js";
import { processes } from "./cards/processes.js";
import { sensors } from "./cards/sensors.js";
import { system } from "./cards/system.js";
import { systemd } from "./cards/systemd.js";

/** @typedef {import("../common/format.js").Figure} Figure */
/**
 * @template R a reading
 * @typedef {{ info: import("../common/readings.js").HostInfo | null, past: { reading: R, seconds: number } | null, time?: number | null }} Context
 * what the host says of itself, the reading before this one with the seconds since then, and when this one was taken, in ms
 */
/**
 * @template R
 * @typedef {{ name: string, label?: string, color?: string, take(reading: R, context: Context<R>): Figure }} Main a large number
 */
/**
 * @template R
 * @typedef {[label: string, text: (reading: R, context: Context<R>) => string, title?: string]} Side a smaller one
 */
/**
 * @template R
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color
 * @property {(reading: R) => number | null | undefined} take
 * @property {string} [field] what History calls it
 * @property {string} [part]
 * @property {boolean} [fill]
 * @property {boolean} [told] the card says its newest number already
 * @property {(find: Find, all: All) => number | null} [past] one bucket of it, where that is not its field's
 * @property {boolean} [sums] of several series: their extremes were not at one time, so it has no band
 */
/** @typedef {(name: string, part?: string) => number | null} Find a bucket's number: of `user`, of `core.usage_percent` of a part */
/** @typedef {(name: string) => (number | null)[]} All that of every part */
/**
 * @template R
 * @typedef {object} View what one chart shows: lines, or rows of a map
 * @property {string} [name]
 * @property {string} [of] what the parts are: core, interface, …
 * @property {Line<R>[]} [lines]
 * @property {string[]} [fields]
 * @property {string[]} [parts]
 * @property {string[]} [needs] the fields that lines are made of, where those are not their own
 * @property {(value: number | null) => string} format
 * @property {(max: number) => number} [range] the top of its scale
 * @property {(low: number, high: number) => [number, number]} [scale] its ends, where it need not begin at 0
 * @property {import("../common/states.js").States} [states] it is a strip of these
 * @property {boolean} [stacked]
 * @property {Line<R>} [whole] what the stacked lines are the shares of: over a range it has the band
 * @property {string} [row]
 * @property {number} [rows]
 * @property {(reading: R) => (number | null)[]} [take]
 */
/**
 * @template R
 * @typedef {{ element: HTMLElement, show(reading: R, context: Context<R>): void }} Built
 */
/**
 * @template R
 * @typedef {{ caption: string, build(place: { host: string }): Built<R> }} Foot
 */
/**
 * @template R
 * @typedef {object} Card
 * @property {string} metric
 * @property {string} [key] where a metric has several cards: which one it is
 * @property {string} [title] in place of the metric's name
 * @property {number} [rank] the lower, the earlier
 * @property {boolean} [wide] it goes across the page
 * @property {boolean} [charted] false when it has no chart
 * @property {boolean} [expected] every machine has it: its card is there to say why when this one has not
 * @property {(reading: R) => string | null} [why] the reason why it holds nothing
 * @property {(reading: R) => boolean} [ready] whether it holds something yet
 * @property {(reading: R, context: Context<R>) => string | null | undefined} [aside] text beside the title
 * @property {Main<R>[] | ((reading: R) => Main<R>[])} [mains]
 * @property {Side<R>[]} [sides]
 * @property {View<R>[] | ((reading: R) => View<R>[])} [views]
 * @property {Foot<R>[]} [feet]
 * @property {{ fields: string[], views(found: import("./range/answer.js").Found): View<R>[] }} [past] what is drawn over a range,
 *   and what that takes, where it is not its views
 */

/** @type {Card<any>[]} */
export const CARDS = [
  cpu, memory, network, disk, perfEvents, memoryBandwidth, pressure, sensors, gpu, containers, processes, system, systemd, cpuCores,
];

// The cards of what a host publishes under that name.
/** @type {(metric: string, reading: any) => Card<any>[]} */
export function cardsOf(metric, reading) {
  const known = CARDS.find((one) => one.metric === metric);
  return known ? [known] : generic(metric, reading);
}

/** @type {(card: Card<any>) => string} */
export function keyOf({ key, metric }) {
  return key ?? metric;
}

// Known ones in their order, then all others by rank and name.
/** @type {(one: Card<any>, other: Card<any>) => number} */
export function byPlace(one, other) {
  const place = (/** @type {Card<any>} */ card) => (CARDS.includes(card) ? CARDS.indexOf(card) : CARDS.length + (card.rank ?? 0));
  return place(one) - place(other) || (keyOf(one) < keyOf(other) ? -1 : 1);
}
