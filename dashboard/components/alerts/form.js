// The form of one rule, in a dialog, with a look at how often it would have fired.
import { ask } from "../common/ask.js";
import { attempt, say } from "../common/forms.js";
import { fetchHosts } from "../common/hosts.js";
import { exactly, pathOf } from "../common/alerting.js";
import { metricName } from "../common/metrics.js";
import { element } from "../common/parts.js";
import { unitOf, words } from "../common/units.js";
import { drawPreview } from "./preview.js";

/** @typedef {import("../common/alerting.js").Rule} Rule */
/** @typedef {import("../common/alerting.js").RuleSaid} RuleSaid */
/** @typedef {import("../common/alerting.js").Wanted} Wanted */
/** @typedef {{ metrics: { name: string, label: string, of: { tag: string, label: string, fields: { name: string, label: string }[] }[] }[] }} Catalogue */

const WORDS = ["metric", "field", "window", "within", "for", "clear_after", "remind", "quiet"];
const NUMBERS = ["clear", "reaches", "deviations", "days"];
const LISTS = ["hosts", "except", "bad"];
/** @type {Record<string, unknown>} */
const DEFAULTS = { severity: "warning", statistic: "last" };

export class Form {
  #page;
  #parts;
  /** @type {any} */
  #form;
  #saved;
  /** @type {RuleSaid | null} the rule that is changed */
  #said = null;
  /** @type {RuleSaid[]} */
  #rules = [];
  /** @type {Catalogue | null} */
  #catalogue = null;

  /** @param {import("../common/forms.js").Given} page @param {(said: string) => void} saved */
  constructor(page, saved) {
    this.#page = page;
    this.#parts = page.parts;
    this.#form = page.parts.get("form");
    this.#saved = saved;
    const { signal } = page;
    const on = (/** @type {any} */ target, /** @type {string} */ event, /** @type {(event: any) => void} */ act) => target.addEventListener(event, act, { signal });
    on(this.#form, "submit", (event) => this.#save(event));
    on(this.#form, "input", () => this.#arrange());
    on(this.#parts.get("preview-button"), "click", () => this.#preview());
    on(this.#parts.get("cancel"), "click", () => this.#parts.get("sheet").close());
  }

  // With a rule to change, or with what a new one is wanted for.
  /** @type {(said: RuleSaid | null, wanted: Partial<Wanted>, rules: RuleSaid[]) => void} */
  open(said, wanted, rules) {
    this.#said = said;
    this.#rules = rules;
    this.#form.reset();
    this.#fill(said?.rule ?? madeFor(wanted));
    this.#parts.text("sheet-title", said ? `Edit “${said.rule.title}”` : "New rule");
    this.#parts.get("more").open = Boolean(said && ["clear_after", "except", "remind", "quiet"].some((name) => said.rule[name]));
    drawPreview(this.#parts, null);
    say(this.#parts.get("form-said"), "");
    this.#arrange();
    this.#parts.get("sheet").showModal();
    this.#parts.get("sheet").scrollTop = 0;
    this.#offer();
  }

  /** @param {Record<string, any>} rule */
  #fill(rule) {
    const { elements } = this.#form;
    const lists = Object.fromEntries(LISTS.map((name) => [name, (rule[name] ?? []).join(", ")]));
    const shown = { ...DEFAULTS, ...rule, ...lists, direction: "at_most" in rule ? "at_most" : "at_least", limit: rule.at_least ?? rule.at_most ?? "" };
    for (const [name, value] of Object.entries(shown)) if (elements[name]) elements[name].value = String(value);
  }

  // What the kind does not have is neither shown nor asked for.
  #arrange() {
    const { kind, statistic, metric, field, direction } = this.#values();
    this.#parts.text("clear-label", direction === "at_most" ? "Over above" : "Over below");
    for (const box of this.#form.querySelectorAll("[data-kinds]")) {
      box.hidden = !box.dataset.kinds.split(" ").includes(kind);
      for (const control of box.querySelectorAll("input, select")) control.disabled = box.hidden;
    }
    const window = this.#parts.get("window-field");
    if (kind === "threshold") window.hidden = statistic === "last";
    const [length] = window.querySelectorAll("input");
    length.disabled = window.hidden;
    length.required = kind !== "unusual";
    const steps = field.split(".").filter((step) => step !== "*");
    const unit = metric && field ? unitOf(metric, steps[steps.length - 1]).names[0] : "";
    this.#parts.text("unit", unit);
    this.#offerFields(metric);
  }

  /** @returns {Record<string, string>} */
  #values() {
    return Object.fromEntries([...this.#form.elements].filter(({ name }) => name).map(({ name, value }) => [name, value.trim()]));
  }

  /** @returns {Rule} */
  #rule() {
    const given = Object.fromEntries([...this.#form.elements].filter(({ name, disabled }) => name && !disabled).map(({ name, value }) => [name, value.trim()]));
    /** @type {Rule} */
    const rule = { ...this.#unshown(given.kind), kind: given.kind, title: given.title };
    for (const name of WORDS) if (given[name]) rule[name] = given[name];
    for (const name of NUMBERS) if (given[name]) rule[name] = numeric(given[name]);
    for (const name of LISTS) if (given[name]) rule[name] = listed(given[name]);
    if (rule.bad) rule.bad = rule.bad.map((/** @type {string} */ word) => (word === "true" ? true : word === "false" ? false : word));
    if (given.limit) rule[given.direction] = numeric(given.limit);
    for (const [name, otherwise] of Object.entries(DEFAULTS)) if (given[name] && given[name] !== otherwise) rule[name] = given[name];
    return rule;
  }

  // What the rule says that this form does not show.
  /** @param {string} kind */
  #unshown(kind) {
    const { elements } = this.#form;
    const before = this.#said?.rule;
    if (!before || before.kind !== kind) return {};
    return Object.fromEntries(Object.entries(before).filter(([name]) => !elements[name] && !["at_least", "at_most"].includes(name)));
  }

  async #preview() {
    if (!this.#form.reportValidity()) return;
    const said = this.#parts.get("form-said");
    drawPreview(this.#parts, "Looking at the last 30 days…");
    await attempt(this.#parts.get("preview-button"), said, "", async () => {
      drawPreview(this.#parts, await ask("/api/alerts/rules/preview", { method: "POST", body: { rule: this.#rule() } }));
    });
    if (said.dataset.kind === "bad") drawPreview(this.#parts, null);
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    const said = this.#parts.get("form-said");
    await attempt(this.#parts.get("save"), said, "Saving…", async () => {
      const rule = this.#rule();
      if (this.#said) await ask(`/api/alerts/rules/${encodeURIComponent(this.#said.id)}`, { method: "PUT", body: { rule } });
      else await ask("/api/alerts/rules", { method: "POST", body: { id: this.#id(rule.title), rule } });
      this.#parts.get("sheet").close();
      this.#saved(`“${rule.title}” is kept.`);
    });
  }

  // A name in small letters that no other rule has.
  /** @type {(title: string) => string} */
  #id(title) {
    const plain = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 56) || "rule";
    const taken = new Set(this.#rules.map(({ id }) => id));
    let id = plain;
    for (let count = 2; taken.has(id); count += 1) id = `${plain}-${count}`;
    return id;
  }

  // What there is to choose from, once it is known. Other names can be written all the same.
  async #offer() {
    this.#catalogue ??= await ask("/api/history/series", { signal: this.#page.signal }).catch(() => null);
    const hosts = (await fetchHosts()) ?? [];
    this.#parts.get("host-names").replaceChildren(...hosts.map(({ host }) => option(exactly(host), "")));
    this.#parts.get("metric-names").replaceChildren(...(this.#catalogue?.metrics ?? []).map(({ name, label }) => option(name, label)));
    this.#offerFields(this.#values().metric);
  }

  /** @param {string} metric */
  #offerFields(metric) {
    const found = this.#catalogue?.metrics.find(({ name }) => name === metric);
    const list = this.#parts.get("field-names");
    if (list.dataset.metric === metric) return;
    if (this.#catalogue) list.dataset.metric = metric;
    list.replaceChildren(...(found?.of ?? []).flatMap(({ tag, label, fields }) => fields.map((field) => option(pathOf(metric, tag, field.name), tag ? `${field.label} of each ${label.toLowerCase()}` : field.label))));
  }
}

/** @type {(value: string, label: string) => HTMLOptionElement} */
function option(value, label) {
  return Object.assign(element("option", ""), { value, label: label || value });
}

// "disk", "mountpoint", "usage_percent" → a rule that lacks its limit only.
/** @type {(wanted: Partial<Wanted>) => Record<string, any>} */
function madeFor({ metric, of = "", field, part, host }) {
  if (!metric || !field) return { kind: "threshold", hosts: host ? [exactly(host)] : [] };
  const title = `${metricName(metric)}: ${words(field).toLowerCase()}${part ? ` of ${part}` : ""}`;
  return { kind: "threshold", title, metric, field: pathOf(metric, of, field, part || "*"), hosts: host ? [exactly(host)] : [] };
}

/** @type {(text: string) => number | string} */
function numeric(text) {
  const number = Number(text.replace(",", "."));
  return Number.isNaN(number) ? text : number;
}

/** @type {(text: string) => string[]} */
function listed(text) {
  return text.split(",").map((word) => word.trim()).filter(Boolean);
}
