// One card over a range: its lines with their bands, and its newest numbers while the range ends now.
import { historyPath } from "../../common/links.js";
import { metricHelp, metricName } from "../../common/metrics.js";
import { element, write } from "../../common/parts.js";
import { axisTexts, bucketText } from "../../common/times.js";
import { keyOf } from "../cards.js";
import { LinePlot } from "../plot.js";
import { StripPlot } from "../strip.js";
import { figures } from "../skeleton.js";
import { alertPath, resolved, series } from "../views.js";
import { linesOf } from "./answer.js";
import { RangeLegend } from "./legend.js";

/** @typedef {import("../../common/times.js").Span} Span */
/** @typedef {import("./answer.js").Found} Found */
/** @typedef {import("../cards.js").View<any>} View */
/** @typedef {{ host: string, onZoom(range: Span | null): void }} Options */

const SYNC = "perfwatch-range";

export class RangeCard {
  #card;
  #options;
  #made;
  /** @type {{ plot: LinePlot | StripPlot, legend: RangeLegend, lines: import("./answer.js").Line[], drawn: string } | null} */
  #chart = null;
  /** @type {ReturnType<typeof figures> | null} */
  #figures = null;
  /** @type {import("../cards.js").Main<any>[]} */
  #mains = [];
  #interval = 0;

  /** @param {import("../cards.js").Card<any>} card @param {Options} options */
  constructor(card, options) {
    this.#card = card;
    this.#options = options;
    this.#made = made(card);
  }

  get metric() {
    return this.#card.metric;
  }

  get element() {
    return this.#made.article;
  }

  // `period` is the range as History's address has it.
  /** @type {(found: Found, view: View, span: Span, interval: number, period: Record<string, string>) => void} */
  draw(found, view, span, interval, period) {
    this.#interval = interval;
    const lines = linesOf(view);
    const drawn = JSON.stringify([lines, Boolean(view.stacked)]);
    if (this.#chart?.drawn !== drawn) this.#build(view, lines, drawn);
    this.#made.alert.href = alertPath(this.#card.metric, view, this.#options.host);
    this.#made.link.href = historyPath({ host: this.#options.host, metric: this.#card.metric, ...series(view), period });
    const { columns, numbers } = found.columns(view, lines);
    this.#chart?.legend.know(numbers);
    this.#chart?.plot.zoom(span, null);
    this.#chart?.plot.show(columns, span[1]);
  }

  // What is there already, over another stretch of time.
  /** @type {(span: Span) => void} */
  look(span) {
    this.#chart?.plot.zoom(span, span[1]);
  }

  // The newest reading of what it shows.
  /** @type {(reading: any, context: import("../cards.js").Context<any>) => void} */
  receive(reading, context) {
    if (this.#card.why?.(reading) || this.#card.ready?.(reading) === false) return;
    if (!this.#figures) {
      this.#mains = resolved(this.#card.mains ?? [], reading);
      this.#figures = figures(this.#made.mains, `now-${this.#card.metric}`, this.#mains, []);
    }
    const { numbers } = this.#figures;
    this.#mains.forEach(({ take }, index) => {
      const { number, unit } = take(reading, context);
      write(numbers[index].number, number);
      write(numbers[index].unit, unit);
    });
  }

  destroy() {
    this.#chart?.plot.destroy();
    this.element.remove();
  }

  /** @type {(view: View, lines: import("./answer.js").Line[], drawn: string) => void} */
  #build(view, lines, drawn) {
    this.#chart?.plot.destroy();
    const { legend: box, chart, aside, link } = this.#made;
    const legend = new RangeLegend(box, aside, lines, view.format);
    const times = { size: 42, end: 20, ticks: axisTexts, said: (/** @type {number} */ time) => bucketText(time, this.#interval) };
    const onPick = () => location.assign(link.href);
    const plot = new (view.states ? StripPlot : LinePlot)({ ...view, lines }, chart, box, { sync: SYNC, onZoom: this.#options.onZoom, onPick, times, told: legend });
    this.#chart = { plot, legend, lines, drawn };
  }
}

/** @param {import("../cards.js").Card<any>} card */
function made(card) {
  const key = keyOf(card);
  const title = card.title ?? metricName(card.metric);
  const heading = Object.assign(element("h2", "", title), { title: metricHelp(card.metric), id: `range-${key}` });
  const aside = element("p", "aside");
  const alert = Object.assign(element("a", "past alert", "Alert me"), { ariaLabel: `Alert me about ${title}`, title: "Make a rule for what this chart shows" });
  const link = Object.assign(element("a", "past", "History"), { ariaLabel: `${title} in History` });
  const mains = element("div", "mains");
  const legend = element("p", "legend");
  const chart = Object.assign(element("div", "chart"), { role: "img", ariaLabel: `${title} over the range. The arrow keys read values, Enter opens History.` });
  chart.dataset.testid = `range-chart-${key}`;
  const article = element("article", "card ranged", element("header", "head", heading, aside, alert, link), mains, legend, chart);
  article.classList.toggle("wide", Boolean(card.wide));
  Object.assign(article.dataset, { metric: card.metric, testid: `range-${key}` });
  article.setAttribute("aria-labelledby", heading.id);
  return { article, aside, alert, link, mains, legend, chart };
}
