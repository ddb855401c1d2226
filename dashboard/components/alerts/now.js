// What fires, is about to, or cannot be seen; and what may be done about it.
import { ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { moment, span } from "../common/format.js";
import { Section, attempt, button } from "../common/forms.js";
import { historyPath, livePath } from "../common/links.js";
import { seriesOf } from "../common/alerting.js";
import { switchOff } from "../common/off.js";
import { element } from "../common/parts.js";
import { SEVERITIES, badge, link, row } from "./row.js";

/** @typedef {import("../common/alerting.js").Alert} Alert */

const SNOOZES = { "": "Snooze", "1h": "for 1 hour", "8h": "for 8 hours", "1d": "for a day", "7d": "for a week" };
const MOST_UNKNOWN = 50;

export class Now extends Section {
  /** @type {import("../common/toast.js").Toast} */
  toast;

  /** @param {import("../common/forms.js").Given} page @param {import("../common/toast.js").Toast} toast */
  constructor(page, toast) {
    super(page);
    this.toast = toast;
  }

  async load() {
    const told = await ask("/api/alerts?limit=500", { signal: this.signal });
    /** @type {Alert[]} */
    const alerts = told.alerts;
    const shown = alerts.filter(({ state }) => state === "firing" || state === "pending");
    const unknown = alerts.filter(({ state }) => state === "unknown");
    this.parts.text("count", told.firing ? String(told.firing) : "");
    this.parts.text("summary", summary(told));
    this.#draw(shown);
    this.parts.get("calm").hidden = shown.length > 0 || !told.online;
    this.parts.text("calm-text", told.ok ? `Nothing fires. ${told.ok} ${told.ok === 1 ? "rule is" : "rules are"} well.` : "Nothing fires.");
    this.#drawUnknown(unknown, told.unknown);
  }

  // A row that somebody is using stays as it is.
  /** @param {Alert[]} alerts */
  #draw(alerts) {
    const list = this.parts.get("now");
    const key = JSON.stringify([alerts, this.mayChange]);
    if (list.dataset.key !== key && !list.querySelector(":focus, [aria-busy=true]")) {
      list.dataset.key = key;
      list.replaceChildren(...alerts.map((alert) => this.#row(alert)));
    }
    for (const age of list.querySelectorAll("[data-since]")) age.textContent = lasted(age.dataset.since);
  }

  /** @param {Alert} alert */
  #row(alert) {
    const { state, severity, text, title, host, since } = alert;
    const age = element("span", "");
    age.dataset.since = since;
    age.title = moment(Date.parse(since), clock.now());
    const isQuiet = Boolean(alert.acknowledged_by || alert.snoozed_until || alert.paused_until);
    const made = row({
      tone: state === "pending" || isQuiet ? "quiet" : severity,
      told: state === "pending" ? "About to fire" : SEVERITIES[severity],
      title: text || title,
      facts: [link(livePath(host), host), age, ...marks(alert), ...this.#chart(alert)],
      actions: this.mayChange ? this.#actions(alert) : [],
    });
    made.dataset.testid = `alert-${host}-${alert.rule}`;
    made.dataset.state = state;
    return made;
  }

  /** @param {Alert} alert */
  #chart({ host, metric, field }) {
    if (!metric || !field) return [];
    const series = seriesOf(metric, field);
    return [link(historyPath({ host, metric, of: series.of, fields: [series.field] }), "History")];
  }

  /** @param {Alert} alert */
  #actions(alert) {
    const { host, rule, title, state } = alert;
    const off = button("Off here", `Off here: ${title} on ${host}`);
    off.title = `Switch “${title}” off for ${host}`;
    off.addEventListener("click", () => this.#switchOff(off, alert));
    if (state !== "firing") return [off];
    const snooze = element("select", "");
    snooze.setAttribute("aria-label", `Snooze ${title} on ${host}`);
    const choices = alert.snoozed_until ? { "": "Snoozed", "0s": "tell again" } : SNOOZES;
    for (const [value, text] of Object.entries(choices)) snooze.append(new Option(text, value));
    snooze.addEventListener("change", () => this.#do(snooze, "snooze", { host, rule, for: snooze.value }));
    const known = button("Acknowledge", `Acknowledge ${title} on ${host}`);
    known.hidden = Boolean(alert.acknowledged_by);
    known.addEventListener("click", () => this.#do(known, "acknowledge", { host, rule }));
    return [known, snooze, off];
  }

  /** @type {(control: HTMLElement, what: string, body: object) => Promise<void>} */
  #do(control, what, body) {
    return this.#attempt(control, () => ask(`/api/alerts/${what}`, { method: "POST", body }).then(({ detail }) => detail));
  }

  // One click, and one to take it back.
  /** @type {(control: HTMLElement, alert: Alert) => Promise<void>} */
  #switchOff(control, { host, rule, title }) {
    return this.#attempt(control, async () => {
      const undo = await switchOff({ host, rule });
      this.toast.show(`“${title}” is off for ${host}.`, () => undo().then(() => this.load()));
    });
  }

  /** @type {(control: HTMLElement, work: () => Promise<string | void>) => Promise<void>} */
  async #attempt(control, work) {
    const said = element("p", "");
    await attempt(control, said, "", work);
    if (said.textContent) this.toast.show(said.textContent);
    control.blur();
    this.parts.get("now").dataset.key = "";
    await this.load().catch(() => {});
    window.dispatchEvent(new Event("perfwatch-alerts"));
  }

  /** @type {(alerts: Alert[], count: number) => void} */
  #drawUnknown(alerts, count) {
    const box = this.parts.get("unknown");
    box.hidden = count === 0;
    const [head, list] = box.children;
    head.textContent = `${count} cannot be judged now`;
    const rows = alerts.slice(0, MOST_UNKNOWN).map(({ host, title, since }) => element("li", "", `${host}: ${title}, since ${moment(Date.parse(since), clock.now())}`));
    if (count > rows.length) rows.push(element("li", "", `and ${count - rows.length} more`));
    list.replaceChildren(...rows);
  }
}

/** @type {(told: { online: boolean, firing: number, pending: number, unknown: number, ok: number }) => string} */
function summary({ online, firing, pending, ok }) {
  if (!online) return "Nobody watches";
  const about = pending ? `, ${pending} about to` : "";
  return `${firing ? `${firing} ${firing === 1 ? "fires" : "fire"}` : "Nothing fires"}${about}, ${ok} well`;
}

/** @type {(since: string | undefined) => string} */
function lasted(since) {
  return `for ${span(Math.max(0, clock.now() - Date.parse(since ?? "")) / 1000)}`;
}

/** @type {(alert: Alert) => HTMLElement[]} */
function marks({ state, acknowledged_by: by, snoozed_until: until, paused_until: paused }) {
  const when = (/** @type {string} */ text) => moment(Date.parse(text), clock.now());
  return [
    ...(state === "pending" ? [badge("about to fire")] : []),
    ...(by ? [badge(`acknowledged by ${by}`)] : []),
    ...(until ? [badge(`snoozed until ${when(until)}`)] : []),
    ...(paused ? [badge(`paused until ${when(paused)}`)] : []),
  ];
}
