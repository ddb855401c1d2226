// The elements of a card, with room for all that will be written into them.
import { keyOf } from "./cards.js";
import { metricHelp, metricName } from "../common/metrics.js";
import { element } from "../common/parts.js";

/** @typedef {import("./cards.js").Card<any>} Card */

/** @param {Card} card @param {string} host */
export function skeleton(card, host) {
  const { metric, feet = [], charted = true, wide = false, title = metricName(metric) } = card;
  const key = keyOf(card);
  const made = {
    aside: element("p", "aside"),
    alert: Object.assign(element("a", "past alert", "Alert me"), { hidden: true }),
    link: element("a", "past", "History"),
    why: element("p", "why"),
    mains: element("div", "mains"),
    plots: element("div", "plots"),
    article: element("article", charted ? "card charted" : "card"),
    feet: feet.map((foot) => foot.build({ host })),
  };
  const heading = Object.assign(element("h2", "", title), { title: metricHelp(metric), id: `card-${key}` });
  made.link.ariaLabel = `${title} in History`;
  made.link.dataset.testid = `past-${key}`;
  made.alert.ariaLabel = `Alert me about ${title}`;
  made.alert.title = "Make a rule for what this chart shows";
  made.alert.dataset.testid = `alert-${key}`;
  made.why.hidden = true;
  made.plots.hidden = !charted;
  const parts = feet.map(({ caption }, index) => element("section", "foot", element("p", "caption", caption), made.feet[index].element));
  const bottom = element("div", parts.length > 1 ? "feet several" : "feet", ...parts);
  const head = element("header", "head", heading, made.aside, made.alert, made.link);
  made.article.append(head, made.why, made.mains, made.plots, bottom);
  Object.assign(made.article.dataset, { metric, key, testid: `card-${key}`, state: "loading" });
  made.article.classList.toggle("wide", wide);
  made.article.setAttribute("aria-labelledby", heading.id);
  return made;
}

// Main numbers and, to their right, smaller ones: what is written to, in the order given.
/** @param {HTMLElement} box @param {string} metric @param {import("./cards.js").Main<any>[]} mains @param {import("./cards.js").Side<any>[]} sides */
export function figures(box, metric, mains, sides) {
  const numbers = mains.map(({ name, label, color }) => {
    const number = element("b", "", "–");
    const unit = element("small", "");
    const value = element("span", "value", number, unit);
    value.dataset.testid = `${metric}-${name}`;
    const sign = element("i", "");
    if (color) sign.style.background = `var(--pw-${color})`;
    const tag = element("span", "tag", sign, label ?? "");
    box.append(label ? element("p", "main pair", tag, value) : element("p", "main", value));
    return { number, unit };
  });
  const texts = sides.map(() => element("dd", "", "–"));
  const entries = sides.map(([label, , title = ""], index) => Object.assign(element("div", "", element("dt", "", label), texts[index]), { title }));
  if (entries.length) box.append(element("dl", "sides", ...entries));
  return { numbers, texts };
}

// One view's place for a chart, below its legend.
/** @param {Card} card @param {import("./cards.js").View<any>} view @param {boolean} isFirst */
export function stage(card, view, isFirst) {
  const key = keyOf(card);
  const legend = element("p", "legend");
  const chart = element("div", "chart");
  Object.assign(chart, { role: "img", ariaLabel: `${card.title ?? metricName(card.metric)}: ${view.name ?? "the last five minutes"}. The arrow keys read values, Enter opens History.` });
  chart.dataset.testid = isFirst ? `chart-${key}` : `chart-${key}-${view.name?.toLowerCase()}`;
  return { legend, chart, box: element("div", "stage", legend, chart) };
}
