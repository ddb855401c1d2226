// What the history holds, and a choice among it: the answer of /api/history/series.

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Whole} Whole */
/** @typedef {{ name: string, label: string, unit: string }} Field */
/** @typedef {{ name: string, label: string, hosts: number[] }} Part */
/** @typedef {{ tag: string, label: string, fields: Field[], parts: Part[] }} Of */
/** @typedef {{ name: string, label: string, hosts: string[], of: Of[] }} Metric */

const PARTS_AT_FIRST = 4;
const MOST_UNITS = 2; // a chart has two sides

export class Catalogue {
  #metrics;
  #units;

  /** @param {{ metrics: Metric[], units: Record<string, import("./units.js").Unit> }} answer */
  constructor({ metrics, units }) {
    this.#metrics = metrics;
    this.#units = units;
  }

  get isEmpty() {
    return this.#metrics.length === 0;
  }

  get metrics() {
    return this.#metrics;
  }

  // The views that come here are complete: what they name is there.
  /** @type {(name: string | null) => Metric} */
  metric(name) {
    return /** @type {Metric} */ (this.#metrics.find((metric) => metric.name === name));
  }

  /** @type {(view: View) => Of} */
  of(view) {
    return /** @type {Of} */ (this.metric(view.metric).of.find(({ tag }) => tag === view.of));
  }

  /** @type {(view: View, name: string) => Field} */
  field(view, name) {
    return /** @type {Field} */ (this.of(view).fields.find((field) => field.name === name));
  }

  /** @type {(view: View, field: string) => import("./units.js").Unit} */
  unit(view, field) {
    return this.#units[this.field(view, field).unit];
  }

  /** @type {(view: View, name: string) => string} */
  partLabel(view, name) {
    return this.of(view).parts.find((part) => part.name === name)?.label ?? name;
  }

  // The parts that any of the chosen hosts has.
  /** @type {(view: View) => Part[]} */
  parts(view) {
    const { hosts } = this.metric(view.metric);
    const chosen = new Set(view.hosts.map((host) => hosts.indexOf(host)));
    return this.of(view).parts.filter((part) => part.hosts.some((place) => chosen.has(place)));
  }

  // The view with whatever was not asked for, or is not there, replaced by what is looked at first.
  // A host that is not there stays away: another's readings under its name would be a lie.
  /** @type {(view: View, favourite?: string | null) => Whole} */
  complete(view, favourite = null) {
    const metric = this.metric(view.metric) ?? this.#metrics[0];
    const of = metric.of.find(({ tag }) => tag === view.of) ?? metric.of[0];
    const first = metric.hosts.find((host) => host === favourite) ?? metric.hosts[0];
    const hosts = view.hosts.length ? view.hosts.filter((host) => metric.hosts.includes(host)) : [first];
    const fields = among(view.fields, of.fields);
    const whole = { ...view, metric: metric.name, of: of.tag, hosts, fields: fields.length ? fields : [of.fields[0].name] };
    return this.withParts(whole);
  }

  /** @type {(view: Whole) => Whole} */
  withParts(view) {
    const offered = this.parts(view);
    const parts = among(view.parts, offered);
    return { ...view, parts: parts.length ? parts : offered.slice(0, PARTS_AT_FIRST).map(({ name }) => name) };
  }

  // What the address asked for and the history has not, in words; "" when it has all.
  /** @type {(asked: View) => string} */
  missing(asked) {
    if (asked.metric && !this.metric(asked.metric)) return `The history has no metric “${asked.metric}”.`;
    const metric = this.metric(asked.metric) ?? this.#metrics[0];
    const strangers = asked.hosts.filter((host) => !metric.hosts.includes(host)).map((host) => `“${host}”`);
    return strangers.length ? `There are no ${metric.label} readings of a host called ${strangers.join(" or ")}.` : "";
  }

  // Fields by what fits on the chart's two sides: {drawn, left}.
  /** @type {(view: View) => { drawn: string[], left: string[] }} */
  sides(view) {
    const kinds = [...new Set(view.fields.map((name) => this.field(view, name).unit))].slice(0, MOST_UNITS);
    const fits = (/** @type {string} */ name) => kinds.includes(this.field(view, name).unit);
    return { drawn: view.fields.filter(fits), left: view.fields.filter((name) => !fits(name)) };
  }
}

/** @type {(wanted: string[], offered: { name: string }[]) => string[]} */
function among(wanted, offered) {
  return offered.map(({ name }) => name).filter((name) => wanted.includes(name));
}
