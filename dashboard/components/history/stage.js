// The chart with all around it: title, tooltip, caption, table, and a sentence where there is nothing to draw.
import { Plot } from "./plot.js";
import { COLORS, MOST_BANDS } from "./lines.js";
import { csv, download, fileName, picture } from "./save.js";
import { drawTable } from "./table.js";
import { lengthText, said, spanText, zoneText } from "../common/times.js";
import { Tooltip } from "./tooltip.js";

/** @typedef {import("./catalogue.js").Catalogue} Catalogue */
/** @typedef {import("./view.js").Whole} Whole */
/** @typedef {import("./view.js").Span} Span */
/** @typedef {import("./fetch.js").Fetched} Fetched */
/** @typedef {import("./plot.js").Shown} Shown */
/** @typedef {{ label: string, act(): void }} Action */

/** @type {Record<string, string>} */
const THEN = { yesterday: "yesterday", week: "last week" };

export class Stage {
  #parts;
  #plot;
  #tooltip;
  /** @type {Shown | null} */
  #shown = null;
  /** @type {string[]} */
  #title = [];
  /** @type {string | null} */
  #then = null;
  /** @type {Set<string>} */
  #hidden = new Set();
  #hint = "";

  // onWindow(range, kind): a zoom or pan on the chart; range null goes back.
  /** @param {import("../common/parts.js").Parts} parts @param {import("./plot.js").Act["window"]} onWindow */
  constructor(parts, onWindow) {
    this.#parts = parts;
    this.#tooltip = new Tooltip(parts.get("tooltip"));
    this.#plot = new Plot(parts.get("plot"), {
      window: onWindow,
      hover: (time, left) => this.#shown && this.#tooltip.show(this.#shown, time, left),
      leave: () => this.#tooltip.hide(),
    });
    this.#enable();
  }

  // lookAt(time) is offered where the range has no readings.
  /** @type {(catalogue: Catalogue, view: Whole, window: Span, found: Fetched, lookAt: (newest: number) => void) => void} */
  draw(catalogue, view, window, found, lookAt) {
    const { lines, compared, interval } = found;
    this.#title = titleOf(catalogue, view);
    this.#then = thenOf(view);
    this.#parts.text("title", this.#title.join(" · "));
    if (!lines.length && !compared.length) return this.#nothing(window, found, lookAt);
    this.#shown = { lines, compared, window, interval, hidden: this.#hidden };
    this.#parts.get("veil").hidden = true;
    this.#plot.draw(this.#shown);
    this.#drawTable();
    this.#parts.text("caption", captionOf(this.#shown, this.#then));
    this.#parts.text("hint", [this.#hint, ...hintsOf(found, this.#then)].filter(Boolean).join(" "));
    this.#parts.get("plot").ariaLabel =
      `Chart of ${this.#title.join(", ")}. Arrow keys move it, plus and minus zoom, 0 goes back. The table below has its numbers.`;
    this.#enable();
  }

  /** @param {Span} window */
  look(window) {
    this.#plot.look(window);
  }

  // A sentence in place of the chart, and what may be done about it: {label, act}.
  /** @type {(sentence: string, action?: Action | null) => void} */
  say(sentence, action = null) {
    this.busy(false);
    this.#shown = null;
    this.#tooltip.hide();
    this.#parts.get("veil").hidden = false;
    this.#parts.text("veil-text", sentence);
    const button = this.#parts.get("veil-action");
    button.hidden = !action;
    button.textContent = action?.label ?? "";
    button.onclick = action?.act ?? null;
    for (const part of ["caption", "hint"]) this.#parts.text(part, "");
    this.#parts.get("table").replaceChildren();
    this.#enable();
  }

  // Said below the chart until something else is chosen.
  /** @param {string} sentence */
  hint(sentence) {
    this.#hint = sentence;
    this.#parts.text("hint", sentence);
  }

  /** @param {boolean} isBusy */
  busy(isBusy) {
    this.#parts.get("busy").hidden = !isBusy;
    this.#parts.get("stage").setAttribute("aria-busy", String(isBusy));
  }

  // Marks where rules fired, and their limits; the last of them in words.
  /** @param {import("../common/notes.js").Notes} notes */
  note(notes) {
    this.#plot.note(notes);
    this.#tooltip.note(notes);
  }

  saveNumbers() {
    if (!this.#shown) return;
    const content = new Blob([csv(this.#shown, this.#then)], { type: "text/csv;charset=utf-8" });
    download(content, fileName(this.#title, this.#shown.window, "csv"));
  }

  savePicture() {
    if (!this.#shown) return;
    const { lines, compared, window } = this.#shown;
    const isSeen = (/** @type {{ key: string }} */ { key }) => !this.#hidden.has(key);
    const legend = [
      ...lines.filter(isSeen),
      ...compared.filter(isSeen).map((line) => ({ ...line, name: `${line.name}, ${this.#then}`, faded: true })),
    ];
    const range = `${spanText(window)}, ${zoneText(window)}`;
    const canvas = picture(this.#plot, this.#parts.get("plot"), this.#title.join(" · "), range, legend);
    canvas.toBlob((content) => content && download(content, fileName(this.#title, window, "png")));
  }

  destroy() {
    this.#plot.destroy();
  }

  /** @type {(window: Span, found: Fetched, lookAt: (newest: number) => void) => void} */
  #nothing([start, stop], { newest }, lookAt) {
    const name = this.#title.join(" · ");
    const nothing = `There are no readings of ${name} in this range (${spanText([start, stop])}).`;
    if (newest === null) return this.say(`${nothing} The history has none of it at all: check that the collector and the bridge are running.`);
    this.say(`${nothing} The newest is from ${said(newest)}.`, { label: "Show the range that has it", act: () => lookAt(newest) });
  }

  #drawTable() {
    if (this.#shown) drawTable(this.#parts.get("table"), this.#shown, this.#then, (key) => this.#toggle(key));
  }

  /** @param {string} key */
  #toggle(key) {
    if (!this.#hidden.delete(key)) this.#hidden.add(key);
    this.#plot.hide(this.#hidden);
    this.#tooltip.hide();
    this.#drawTable();
  }

  #enable() {
    for (const part of ["csv", "png"]) this.#parts.get(part).disabled = this.#shown === null;
  }
}

// What the chart is of, from the most general: ["CPU", "Usage", "nas"].
/** @type {(catalogue: Catalogue, view: Whole) => string[]} */
function titleOf(catalogue, view) {
  const few = (/** @type {string[]} */ names, /** @type {string} */ many) => (names.length > 3 ? many : names.join(" + "));
  const fields = catalogue.sides(view).drawn.map((name) => catalogue.field(view, name).label);
  const parts = view.of ? view.parts.map((name) => catalogue.partLabel(view, name)) : [];
  return [
    catalogue.metric(view.metric).label,
    few(fields, `${fields.length} fields`),
    few(parts, `${parts.length} of ${catalogue.parts(view).length} ${catalogue.of(view).label.toLowerCase()}s`),
    few(view.hosts, `${view.hosts.length} hosts`),
  ].filter(Boolean);
}

/** @type {(view: Whole) => string | null} */
function thenOf({ compare }) {
  if (compare === null) return null;
  return typeof compare === "number" ? `from ${said(compare)}` : THEN[compare];
}

/** @type {(shown: Shown, then: string | null) => string} */
function captionOf({ lines, interval, window, compared }, then) {
  const band = lines.length <= MOST_BANDS ? ", in a band from minimum to maximum" : "";
  const dotted = compared.length ? ` Dotted: ${then}.` : "";
  const dashed = lines.length > COLORS ? ` After ${COLORS} lines colours come again, with other dashes.` : "";
  return `Means over ${lengthText(interval)}${band}.${dashed}${dotted} Times in ${zoneText(window)}.`;
}

/** @type {(found: Fetched, then: string | null) => string[]} */
function hintsOf({ lines, compared, count, silent, left }, then) {
  const drawn = Math.min(count, lines.length + silent);
  return [
    count > drawn ? `The first ${drawn} of ${count} lines are drawn: choose fewer to see others.` : "",
    left.length ? `Not drawn, because a chart has room for two units: ${left.join(", ")}.` : "",
    silent ? `${silent === 1 ? "One line has" : `${silent} lines have`} no readings in this range.` : "",
    then && !compared.length ? `There are no readings ${then} to compare with.` : "",
  ];
}
