// What fired in the last 30 days, day by day.
import { ask } from "../common/ask.js";
import { span, timeOfDay } from "../common/format.js";
import { Section } from "../common/forms.js";
import { livePath } from "../common/links.js";
import { element } from "../common/parts.js";
import { SEVERITIES, link, row } from "./row.js";

/** @typedef {import("../common/alerting.js").Told} Told */

export class Recent extends Section {
  async load() {
    const { alerts } = await ask("/api/alerts/recent", { signal: this.signal });
    const list = this.parts.get("recent");
    this.parts.get("no-recent").hidden = alerts.length > 0;
    const key = JSON.stringify(alerts);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    let day = "";
    list.replaceChildren(
      ...alerts.flatMap((/** @type {Told} */ told) => {
        const date = dayOf(told.since);
        const head = date === day ? [] : [element("li", "day", date)];
        day = date;
        return [...head, rowOf(told)];
      }),
    );
  }
}

/** @param {Told} told */
function rowOf({ host, severity, text, since, until }) {
  const start = Date.parse(since);
  const lasted = until ? `for ${span(Math.max(0, Date.parse(until) - start) / 1000)}` : "still fires";
  const made = row({
    tone: until ? "over" : severity,
    told: SEVERITIES[severity],
    title: text,
    facts: [timeOfDay(start).slice(0, 5), lasted, link(livePath(host), host), SEVERITIES[severity]],
  });
  made.dataset.severity = severity;
  return made;
}

/** @type {(text: string) => string} */
function dayOf(text) {
  const date = new Date(text);
  if (date.toDateString() === new Date().toDateString()) return "Today";
  return date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}
