// How long the history keeps what, what it holds, and removing what is older now.
import { Failed, UNSUPPORTED, ask } from "../common/ask.js";
import { bytes, dated, joined } from "../common/format.js";
import { element } from "../common/parts.js";
import { Section, attempt, count, say } from "../common/forms.js";

/** @typedef {{ name: string, rows?: number, oldest?: string | null, newest?: string | null }} Tier */
/** @typedef {{ stage: string | null, removed: { raw: number, rollups: number }, rolled_up: number, seconds: number }} Cleanup */

/** @type {Record<string, string>} */
const TIERS = { raw: "Every reading", "1m": "1 min", "1h": "1 h" };
const CLEANUP = "/api/retention/cleanup";
const LOOK_MS = 1000;
/** @type {Record<string, string>} */
const STAGES = {
  begin: "Reading the policy",
  forget: "Removing what is past its time",
  roll_up: "Turning readings into means",
  thin: "Removing readings that have means",
};

export class History extends Section {
  #form;
  /** @type {number | undefined} */
  #ticking;
  #over = () => {}; // ends the wait for a cleanup that another page began

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.#form = this.parts.get("retention");
    this.#form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#save(event));
    this.parts.get("cleanup").addEventListener("click", () => this.#cleanUp());
    this.#showTiers(Object.keys(TIERS).map((name) => ({ name })));
  }

  stop() {
    clearInterval(this.#ticking);
  }

  async load() {
    await Promise.all([this.#loadPolicy(), this.#loadStore(), this.#loadTiers(), this.#join()]);
  }

  // A history on a server may be looked after by that server: then a sentence says so, in place.
  async #loadPolicy() {
    try {
      this.#showPolicy(await ask("/api/retention", { signal: this.signal }));
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== UNSUPPORTED) throw error;
      this.#form.querySelector("fieldset").disabled = true;
      this.parts.get("cleanup").disabled = true;
      say(this.parts.get("retention-said"), error.message);
    }
  }

  async #loadStore() {
    const { store } = await ask("/api/system", { signal: this.signal });
    this.parts.text("history-size", store.problem ?? joined(bytes(store.bytes)));
    this.parts.text("history-oldest", dated(store.oldest));
    this.parts.text("history-newest", dated(store.newest));
  }

  async #loadTiers() {
    try {
      this.#showTiers((await ask("/api/system/tiers", { signal: this.signal })).tiers);
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== UNSUPPORTED) throw error;
      this.parts.get("tiers").closest("table").hidden = true;
    }
  }

  /** @param {Tier[]} tiers */
  #showTiers(tiers) {
    const rows = tiers.map(({ name, rows, oldest, newest }) =>
      element(
        "tr",
        "",
        element("td", "", TIERS[name] ?? name),
        element("td", "number", rows === undefined ? "…" : rows.toLocaleString("en-GB")),
        element("td", "", dated(oldest)),
        element("td", "", dated(newest)),
      ),
    );
    this.parts.get("tiers").replaceChildren(...rows);
  }

  /** @param {{ downsample_after_days: number, retention_days: number, enabled: boolean }} policy */
  #showPolicy(policy) {
    const { downsample_after_days: raw, retention_days: means, enabled } = this.#form.elements;
    raw.value = policy.downsample_after_days;
    means.value = policy.retention_days;
    enabled.checked = policy.enabled;
  }

  /** @param {any} event of a form that is submitted */
  #save(event) {
    event.preventDefault();
    const { downsample_after_days: raw, retention_days: means, enabled } = this.#form.elements;
    const body = { downsample_after_days: raw.valueAsNumber, retention_days: means.valueAsNumber, enabled: enabled.checked };
    attempt(event.submitter, this.parts.get("retention-said"), "Saving…", async () => {
      this.#showPolicy(await ask("/api/retention", { method: "PUT", body }));
      return "Saved. The bridge follows it within a minute.";
    });
  }

  async #cleanUp() {
    const question = "Remove everything older than the policy keeps? You cannot undo this.";
    if (!(await this.confirm.ask(question, "Remove"))) return;
    await this.#follow(async () => removed(await ask(CLEANUP, { method: "POST" })));
  }

  // A cleanup that another page began, or this one before it was opened again, is followed to its end.
  async #join() {
    const { stage } = await ask(CLEANUP, { signal: this.signal });
    if (stage) this.#follow(() => new Promise((resolve) => (this.#over = () => resolve("The cleanup is done."))));
  }

  /** @param {() => Promise<string>} work */
  async #follow(work) {
    const said = this.parts.get("cleanup-said");
    const progress = this.parts.get("cleanup-progress").classList;
    await attempt(this.parts.get("cleanup"), said, "Cleaning up…", async () => {
      progress.add("on");
      this.#ticking = setInterval(() => this.#look(said), LOOK_MS);
      try {
        return await work();
      } finally {
        clearInterval(this.#ticking);
        this.#ticking = undefined;
        progress.remove("on");
      }
    });
    await Promise.all([this.#loadStore(), this.#loadTiers()]).catch(() => {});
  }

  /** @param {HTMLElement} said */
  async #look(said) {
    const told = await ask(CLEANUP, { signal: this.signal }).catch(() => null);
    if (!told || !this.#ticking) return;
    if (told.stage) say(said, sofar(told), "busy");
    else this.#over();
  }
}

// How much it will be is not known before it is done: what is done is said.
/** @type {(told: Cleanup & { stage: string }) => string} */
function sofar({ stage, removed: { raw, rollups }, rolled_up: made, seconds }) {
  const done = `${count(raw + rollups, "number")} removed and ${made.toLocaleString("en-GB")} turned into means`;
  return `${STAGES[stage]} … So far ${done}, in ${Math.round(seconds)} s.`;
}

/** @type {(told: Cleanup) => string} */
function removed({ removed: { raw, rollups }, rolled_up: made, seconds }) {
  const nothing = raw + rollups === 0 ? "Nothing was older. " : `Removed ${count(raw, "reading's number", "numbers of readings")} and ${count(rollups, "mean")}. `;
  return `${nothing}${count(made, "number")} turned into means. It took ${seconds.toFixed(1)} s.`;
}
