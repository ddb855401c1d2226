// The History page: any number of any host over any stretch of time, all of it in its address.
import { Failed, UNSUPPORTED, ask } from "../common/ask.js";
import { clock } from "../common/clock.js";
import { choose, fetchHosts } from "../common/hosts.js";
import { newRulePath } from "../common/alerting.js";
import { drawn, mountable } from "../common/mount.js";
import { fetchNotes, notesOf } from "../common/notes.js";
import { Parts } from "../common/parts.js";
import { moved, widened } from "../common/times.js";
import { Catalogue } from "./catalogue.js";
import { Chooser } from "./chooser.js";
import { fetchLines } from "./fetch.js";
import { Stage } from "./stage.js";
import { CUSTOM, read, shift, span, write } from "./view.js";

/** @typedef {import("./view.js").Whole} Whole */
/** @typedef {import("./view.js").Span} Span */

const AGAIN_MS = 10_000;
/** @type {Record<string, string>} */
const KEYS = { ArrowLeft: "back", ArrowRight: "forth", "+": "in", "=": "in", "-": "out", 0: "reset", Escape: "reset" };
const EMPTY =
  "There is no history yet. It begins with the first reading that the bridge writes: check that the collector and the bridge are running.";

class History {
  #root;
  #parts;
  #stage;
  #chooser;
  /** @type {any} a Catalogue, once it is known */
  #catalogue = null;
  /** @type {string | null} the host that other pages show */
  #favourite = null;
  /** @type {any} a Whole, once it is known */
  #view;
  /** @type {Whole | null} the view that a zoom or pan began with */
  #before = null;
  #missing = ""; // what the address asked for and is not there, in words
  /** @type {AbortController | null} */
  #asking = null;
  #stopping = new AbortController();
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#parts = new Parts(root);
    this.#stage = new Stage(this.#parts, (range, kind) => (range ? this.#look(range, kind) : this.#reset()));
    const { signal } = this.#stopping;
    this.#chooser = new Chooser(this.#parts, (view, names) => this.#choose(view, names), signal);
    const on = (/** @type {string} */ part, /** @type {() => void} */ act) => this.#parts.get(part).addEventListener("click", act, { signal });
    on("refresh", () => this.#load());
    on("back", () => this.#move(-0.5));
    on("forth", () => this.#move(0.5));
    on("in", () => this.#scale(0.5));
    on("out", () => this.#scale(2));
    on("reset", () => this.#reset());
    on("csv", () => this.#stage.saveNumbers());
    on("png", () => this.#stage.savePicture());
    this.#parts.get("plot").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event), { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
  }

  async start() {
    const asked = read(location.search);
    this.#stage.busy(true);
    const hosts = fetchHosts();
    try {
      this.#catalogue = new Catalogue(await ask("/api/history/series", { signal: this.#stopping.signal }));
    } catch (error) {
      return this.#failed(error, () => this.start());
    }
    if (this.#catalogue.isEmpty) {
      this.#again(() => this.start());
      return this.#say(EMPTY, { label: "Look again", act: () => this.start() });
    }
    this.#favourite = choose((await hosts) ?? []);
    this.#view = this.#catalogue.complete(asked, this.#favourite);
    this.#show();
    this.#missing = this.#catalogue.missing(asked);
    this.#load();
  }

  stop() {
    this.#stopping.abort();
    this.#asking?.abort();
    clearTimeout(this.#timer);
    this.#stage.destroy();
  }

  // What the user chose; names that no longer fit give way to others, but what was emptied stays empty.
  /** @type {(view: Whole, names: string[]) => void} */
  #choose(view, names) {
    const isFit = names.every((name) => !["metric", "of", "hosts"].includes(name));
    const isEmptied = names.includes("hosts") && !view.hosts.length;
    this.#view = isFit || isEmptied ? view : this.#catalogue.complete(view, this.#favourite);
    if (names.some((name) => ["range", "from", "to"].includes(name))) this.#before = null;
    this.#missing = "";
    this.#show();
    this.#load();
  }

  // A range found by zooming or panning: what is there already is drawn at once, finer numbers follow.
  /** @type {(range: Span, kind?: import("./gestures.js").Kind) => void} */
  #look(range, kind = "zoom") {
    this.#before ??= this.#view;
    const [from, to] = kind === "zoom" ? widened(range, 1) : range;
    this.#view = { ...this.#view, range: CUSTOM, from: Math.round(from), to: Math.round(to) };
    this.#stage.look([this.#view.from, this.#view.to]);
    this.#show();
    this.#load();
  }

  /** @param {number} share */
  #move(share) {
    const shown = span(this.#view, clock.now());
    if (shown) this.#look(moved(shown, share), "pan");
  }

  /** @param {number} factor */
  #scale(factor) {
    const shown = span(this.#view, clock.now());
    if (shown) this.#look(widened(shown, factor));
  }

  #reset() {
    if (!this.#before) return;
    const { range, from, to } = this.#before;
    this.#view = { ...this.#view, range, from, to };
    this.#before = null;
    this.#show();
    this.#load();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const part = KEYS[event.key];
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#parts.get(part).click();
  }

  #show() {
    this.#chooser.show(this.#catalogue, this.#view, span(this.#view, clock.now()));
    this.#parts.get("reset").disabled = this.#before === null;
    const url = new URL(location.href);
    url.search = write(this.#view);
    history.replaceState(history.state, "", url);
  }

  // Asks for what the view shows. Only the last question's answer is drawn. Following, it is what is drawn
  // already with newer readings: that stays where they cannot be had.
  async #load({ following = false } = {}) {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const shown = span(this.#view, clock.now());
    const problem = this.#problem(shown);
    if (problem) return this.#say(...problem);
    if (!shown) return;
    const asking = (this.#asking = new AbortController());
    this.#stage.busy(true);
    try {
      const by = shift(this.#view.compare, shown[0]);
      const found = await fetchLines(this.#catalogue, this.#view, shown, by, asking.signal);
      this.#stage.hint(this.#missing);
      this.#stage.draw(this.#catalogue, this.#view, shown, found, (newest) => this.#lookAt(newest));
      this.#note(shown);
      this.#root.dataset.loaded = String(Number(this.#root.dataset.loaded ?? 0) + 1);
      if (this.#follows) this.#again(() => this.#load({ following: true }), Math.max(AGAIN_MS, found.interval));
    } catch (error) {
      this.#failed(error, () => this.#load({ following }), following);
    } finally {
      if (this.#asking === asking) this.#stage.busy(false);
      drawn(this.#root);
    }
  }

  // What rules say of the chart, and the way to a new one.
  /** @param {Span} shown */
  async #note([start, stop]) {
    const { metric, of, hosts, fields, parts } = this.#view;
    const { drawn: kept } = this.#catalogue.sides(this.#view);
    const link = this.#parts.get("alert");
    link.hidden = false;
    link.href = newRulePath({ metric, of, field: kept[0], part: parts.length === 1 ? parts[0] : "", host: hosts.length === 1 ? hosts[0] : "" });
    const asking = this.#asking;
    const heard = await fetchNotes(hosts, start, stop, this.#stopping.signal);
    if (asking === this.#asking) this.#stage.note(notesOf(heard, { metric, of, fields, hosts, parts }));
  }

  // Why nothing can be asked for, and what may be done about it; null when it can.
  /** @type {(shown: Span | null) => [sentence: string, action?: { label: string, act(): void }] | null} */
  #problem(shown) {
    if (!shown) return ["“From” must be before “To”. Change one of them."];
    const { of, fields, hosts, parts } = this.#view;
    if (fields.length && hosts.length && (parts.length || !of)) return null;
    if (!this.#missing) return ["Choose at least one field, one host and one part."];
    const [first] = this.#catalogue.complete({ ...this.#view, hosts: [] }, this.#favourite).hosts;
    const act = () => this.#choose({ ...this.#view, hosts: [first] }, ["hosts"]);
    return [`${this.#missing} Choose another host, or check the name in the link.`, { label: `Show ${first}`, act }];
  }

  // The readings nearest to now that there are, in a range as long as the one that had none.
  /** @param {number} newest */
  #lookAt(newest) {
    const [start, stop] = span(this.#view, clock.now()) ?? [0, 0];
    this.#before = null;
    this.#view = { ...this.#view, range: CUSTOM, from: newest + 1000 - (stop - start), to: newest + 1000 };
    this.#show();
    this.#load();
  }

  /** @param {[sentence: string, action?: { label: string, act(): void } | null]} said */
  #say(...said) {
    this.#stage.say(...said);
    drawn(this.#root);
  }

  /** @type {(error: any, retry: () => void, following?: boolean) => void} */
  #failed(error, retry, following = false) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Failed)) throw error;
    this.#stage.busy(false);
    if (error.status === 401) return;
    if (error.passes) this.#again(retry);
    if (following) return this.#stage.hint(error.ofHistory);
    this.#say(error.ofHistory, error.status === UNSUPPORTED ? null : { label: "Try now", act: retry });
  }

  // A range that ends now follows it, gently, and only while somebody looks.
  get #follows() {
    return this.#view.range !== CUSTOM;
  }

  /** @type {(act: () => void, wait?: number) => void} */
  #again(act, wait = AGAIN_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.#again(act, wait) : act()), wait);
  }

  #seen() {
    if (!document.hidden && this.#catalogue && this.#view && this.#follows) this.#load({ following: true });
  }
}

export const mount = mountable('[data-testid="history"]', (root) => {
  const page = new History(root);
  page.start();
  return page;
});
