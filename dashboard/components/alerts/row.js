// A row of the page's lists: a sign, two lines, and what may be done.
import { element } from "../common/parts.js";

/** @type {Record<string, string>} */
export const SEVERITIES = { critical: "Critical", warning: "Warning", info: "Info" };

/** @type {(options: { tone: string, title: string, facts: (Node | string)[], actions?: Node[], told?: string }) => HTMLElement} */
export function row({ tone, title, facts, actions = [], told = "" }) {
  const sign = element("i", "sign");
  sign.title = told;
  const line = element("p", "about");
  facts.filter(Boolean).forEach((fact, place) => line.append(...(place ? [" · ", fact] : [fact])));
  const made = element("li", "item", sign, element("div", "what", element("p", "title", title), line), element("div", "acts", ...actions));
  made.dataset.tone = tone;
  return made;
}

/** @type {(text: string) => HTMLElement} */
export function badge(text) {
  return element("span", "badge", text);
}

/** @type {(href: string, text: string) => HTMLAnchorElement} */
export function link(href, text) {
  return Object.assign(element("a", "", text), { href });
}
