// The cards of one host over a range in place of its live ones: one question, one zoom and one cursor for all.
import { Failed, UNSUPPORTED, ask } from "../../common/ask.js";
import { clock } from "../../common/clock.js";
import { drawn } from "../../common/mount.js";
import { iso, said, spanText, widened } from "../../common/times.js";
import { byMetric } from "./answer.js";
import { Bar } from "./bar.js";
import { RangeBoard } from "./board.js";
import { CUSTOM, LIVE, RANGES, pace, read, span, write } from "./view.js";

/** @typedef {import("../../common/times.js").Span} Span */
/** @typedef {import("./view.js").Period} Period */
/** @typedef {{ label: string, act(): void }} Action */

const AGAIN_MS = 10_000;
/** @type {Period} */
const OF_DEVICES = { range: "24h", from: null, to: null };

export class Ranges {
  #root;
  #parts;
  #bar;
  #board;
  #host = "";
  #period;
  #isChosen = false;
  /** @type {Period | null} what a zoom began with */
  #before = null;
  /** @type {AbortController | null} */
  #asking = null;
  #stopping = new AbortController();
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLElement} root @param {import("../../common/parts.js").Parts} parts */
  constructor(root, parts) {
    this.#root = root;
    this.#parts = parts;
    this.#period = read(location.search);
    root.dataset.shows = this.#period.range === LIVE ? "live" : "past";
    const { signal } = this.#stopping;
    this.#bar = new Bar(parts, (period) => this.#choose(period), () => this.#shown ?? this.#lastHour, signal);
    this.#board = new RangeBoard(parts.get("past-cards"), parts.get("past-caption"), (range) => this.#zoom(range));
    parts.get("zoomed").addEventListener("click", () => this.#zoom(null), { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.#show();
  }

  // Of a device, which may say something twice a day only, a day is shown unless the address says what.
  /** @type {(host: string | null, entry: import("../../common/hosts.js").Host | undefined) => void} */
  choose(host, entry) {
    if (this.#host === (host ?? "")) return;
    this.#host = host ?? "";
    this.#board.begin(this.#host, entry?.kind === "device");
    if (entry?.device && !this.#isChosen && this.#period.range === LIVE) this.#period = OF_DEVICES;
    this.#show();
    this.#load();
  }

  // What is newest stands in a card while its range ends now.
  /** @type {(message: import("../../common/connection.js").Metrics, info: import("../../common/readings.js").HostInfo | null) => void} */
  receive(message, info) {
    this.#board.receive(message.data, info, this.#follows);
  }

  stop() {
    this.#stopping.abort();
    this.#asking?.abort();
    clearTimeout(this.#timer);
    this.#board.clear();
  }

  get #follows() {
    return RANGES.has(this.#period.range);
  }

  get #shown() {
    return span(this.#period, clock.now());
  }

  /** @type {Span} */
  get #lastHour() {
    return [clock.now() - 3_600_000, clock.now()];
  }

  /** @type {(period: Period, before?: Period | null) => void} */
  #choose(period, before = null) {
    this.#isChosen = true;
    this.#period = period;
    this.#before = before;
    this.#show();
    this.#load();
  }

  // What is there already is drawn at once, finer numbers follow.
  /** @param {Span | null} range null goes back */
  #zoom(range) {
    if (!range) return this.#before && this.#choose(this.#before);
    const [from, to] = widened(range, 1).map(Math.round);
    this.#board.look([from, to]);
    this.#choose({ range: CUSTOM, from, to }, this.#before ?? this.#period);
  }

  #show() {
    this.#root.dataset.range = this.#period.range;
    this.#bar.show(this.#period, this.#before !== null);
    const href = write(location.href, this.#period);
    if (href !== location.href) history.replaceState(history.state, "", href);
  }

  // Only the last question's answer is drawn. Following, what is there stays where newer cannot be had.
  async #load({ following = false } = {}) {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    if (this.#period.range === LIVE) this.#root.dataset.shows = "live";
    if (this.#period.range === LIVE || !this.#host) return;
    const shown = this.#shown;
    if (!shown) return this.#say("“From” must be before “To”. Change one of them.");
    const asking = (this.#asking = new AbortController());
    this.#parts.get("past").ariaBusy = "true";
    try {
      this.#draw(await ask(`/api/history/host?${this.#question(shown)}`, { signal: asking.signal }), shown);
    } catch (error) {
      this.#failed(/** @type {Error} */ (error), following);
    } finally {
      if (this.#asking === asking) this.#parts.get("past").ariaBusy = "false";
      drawn(this.#root);
    }
  }

  /** @param {Span} shown */
  #question([from, to]) {
    const asked = new URLSearchParams({ host: this.#host, start_time: iso(from), end_time: iso(to) });
    for (const field of this.#board.needs) asked.append("field", field);
    return asked;
  }

  /** @type {(answer: import("./answer.js").Answer, shown: Span) => void} */
  #draw(answer, shown) {
    if (this.#follows) this.#again(() => this.#load({ following: true }), pace(answer.interval_ms));
    if (!answer.times.length) return this.#sayNothing(answer.newest_time, shown);
    this.#say("");
    this.#root.dataset.shows = "past"; // what is live stays in sight until then
    this.#board.draw(byMetric(answer), shown, answer.interval_ms, this.#period.range);
    this.#root.dataset.loaded = String(Number(this.#root.dataset.loaded ?? 0) + 1);
  }

  /** @type {(newest: string | null, shown: Span) => void} */
  #sayNothing(newest, shown) {
    this.#board.clear();
    const nothing = `There are no readings of ${this.#host} in this range (${spanText(shown)}).`;
    if (newest === null) return this.#say(`${nothing} The history has none of it at all: check that the collector and the bridge are running.`);
    const last = Date.parse(newest);
    const to = last + 1000;
    const act = () => this.#choose({ range: CUSTOM, from: to - (shown[1] - shown[0]), to });
    this.#say(`${nothing} The newest is from ${said(last)}.`, { label: "Show the range that has it", act });
  }

  /** @type {(error: Error, following: boolean) => void} */
  #failed(error, following) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Failed)) throw error;
    if (error.status === 401) return;
    const retry = () => this.#load({ following });
    if (error.passes) this.#again(retry, AGAIN_MS);
    if (!following) this.#board.clear();
    this.#say(error.ofHistory, error.status === UNSUPPORTED ? undefined : { label: "Try now", act: retry });
  }

  /** @type {(sentence: string, action?: Action) => void} */
  #say(sentence, action) {
    this.#parts.get("past-notice").hidden = !sentence;
    if (sentence) this.#root.dataset.shows = "past";
    this.#parts.text("past-said", sentence);
    const button = this.#parts.get("past-act");
    button.hidden = !action;
    button.textContent = action?.label ?? "";
    button.onclick = action?.act ?? null;
  }

  // Gently, and only while somebody looks.
  /** @type {(act: () => void, wait: number) => void} */
  #again(act, wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.#again(act, wait) : act()), wait);
  }

  #seen() {
    if (!document.hidden && this.#follows) this.#load({ following: true });
  }
}
