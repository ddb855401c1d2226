// How long the history keeps what, what it holds, and removing what is older now.
import { Failed, ask } from "../common/ask.js";
import { bytes, dated, joined } from "../common/format.js";
import { element } from "../common/parts.js";
import { attempt, count, say } from "./forms.js";

const TIERS = { raw: "Every reading", "1m": "1 min", "1h": "1 h" };
const UNSUPPORTED = 501;

export class History {
  #parts;
  #form;
  #confirm;
  #signal;
  #ticking;

  constructor({ parts, confirm, signal }) {
    this.#parts = parts;
    this.#confirm = confirm;
    this.#signal = signal;
    this.#form = parts.get("retention");
    this.#form.addEventListener("submit", (event) => this.#save(event));
    parts.get("cleanup").addEventListener("click", () => this.#cleanUp());
    this.#showTiers(Object.keys(TIERS).map((name) => ({ name })));
  }

  stop() {
    clearInterval(this.#ticking);
  }

  async load() {
    await Promise.all([this.#loadPolicy(), this.#loadStore(), this.#loadTiers()]);
  }

  // A history on a server may be looked after by that server: then a sentence says so, in place.
  async #loadPolicy() {
    try {
      this.#showPolicy(await ask("/api/retention", { signal: this.#signal }));
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== UNSUPPORTED) throw error;
      this.#form.querySelector("fieldset").disabled = true;
      this.#parts.get("cleanup").disabled = true;
      say(this.#parts.get("retention-said"), error.message);
    }
  }

  async #loadStore() {
    const { store } = await ask("/api/system", { signal: this.#signal });
    this.#parts.text("history-size", store.problem ?? joined(bytes(store.bytes)));
    this.#parts.text("history-oldest", dated(store.oldest));
    this.#parts.text("history-newest", dated(store.newest));
  }

  async #loadTiers() {
    try {
      this.#showTiers((await ask("/api/system/tiers", { signal: this.#signal })).tiers);
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== UNSUPPORTED) throw error;
      this.#parts.get("tiers").closest("table").hidden = true;
    }
  }

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
    this.#parts.get("tiers").replaceChildren(...rows);
  }

  #showPolicy(policy) {
    const { downsample_after_days: raw, retention_days: means, enabled } = this.#form.elements;
    raw.value = policy.downsample_after_days;
    means.value = policy.retention_days;
    enabled.checked = policy.enabled;
  }

  #save(event) {
    event.preventDefault();
    const { downsample_after_days: raw, retention_days: means, enabled } = this.#form.elements;
    const body = { downsample_after_days: raw.valueAsNumber, retention_days: means.valueAsNumber, enabled: enabled.checked };
    attempt(event.submitter, this.#parts.get("retention-said"), "Saving…", async () => {
      this.#showPolicy(await ask("/api/retention", { method: "PUT", body }));
      return "Saved. The bridge follows it within a minute.";
    });
  }

  async #cleanUp() {
    const question = "Remove everything that is older than the policy keeps? It cannot be brought back.";
    if (!(await this.#confirm.ask(question, "Remove"))) return;
    const said = this.#parts.get("cleanup-said");
    const began = performance.now();
    this.#parts.get("cleanup-progress").classList.add("on");
    this.#ticking = setInterval(() => say(said, `Cleaning up, ${Math.round((performance.now() - began) / 1000)} s…`, "busy"), 1000);
    await attempt(this.#parts.get("cleanup"), said, "Cleaning up…", async () => {
      try {
        return removed(await ask("/api/retention/cleanup", { method: "POST" }));
      } finally {
        clearInterval(this.#ticking);
        this.#parts.get("cleanup-progress").classList.remove("on");
      }
    });
    await Promise.all([this.#loadStore(), this.#loadTiers()]).catch(() => {});
  }
}

function removed({ removed: { raw, rollups }, rolled_up: made, seconds }) {
  const nothing = raw + rollups === 0 ? "Nothing was older. " : `Removed ${count(raw, "reading's number", "numbers of readings")} and ${count(rollups, "mean")}. `;
  return `${nothing}${count(made, "number")} turned into means. It took ${seconds.toFixed(1)} s.`;
}
