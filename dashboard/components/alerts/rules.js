// The rules: on or off, changed, made, taken away; a file of them; hosts that are paused.
import { Failed, ask } from "../common/ask.js";
import { dated } from "../common/format.js";
import { Section, attempt, button, reload, say } from "../common/forms.js";
import { at } from "../common/paths.js";
import { element } from "../common/parts.js";
import { Form } from "./form.js";
import { SEVERITIES, badge, row } from "./row.js";
import { hostsOf, sentence } from "./sentence.js";

/** @typedef {import("../common/alerting.js").RuleSaid} RuleSaid */
/** @typedef {{ hosts: string, until: string }} Paused */

const PATH = "/api/alerts/rules";

export class Rules extends Section {
  #form;
  /** @type {RuleSaid[]} */
  #rules = [];
  #said;

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    const { parts, signal } = this;
    this.#said = parts.get("rules-said");
    this.#form = new Form(page, (said) => this.#saved(said));
    const on = (/** @type {string} */ part, /** @type {string} */ event, /** @type {(event: any) => void} */ act) => parts.get(part).addEventListener(event, act, { signal });
    on("new", "click", () => this.#form.open(null, {}, this.#rules));
    on("filter", "input", () => this.#draw());
    on("import", "click", () => parts.get("file").click());
    on("file", "change", () => this.#takeFile());
    on("pause", "submit", (event) => this.#pause(event));
    parts.get("export").href = at("/api/alerts/export");
  }

  async load() {
    const { rules, maintenance } = await ask(PATH, { signal: this.signal });
    this.#rules = rules;
    this.#draw();
    this.#drawPaused(maintenance);
  }

  // For what a chart shows.
  /** @param {Partial<import("../common/alerting.js").Wanted>} wanted */
  async make(wanted) {
    await this.load();
    if (this.mayChange) this.#form.open(null, wanted, this.#rules);
    else say(this.#said, "You are a viewer: ask an admin for a rule.", "bad");
  }

  #draw() {
    const text = this.parts.get("filter").value.trim().toLowerCase();
    const shown = this.#rules.filter(({ id, rule }) => `${id} ${rule.title} ${sentence(rule)}`.toLowerCase().includes(text));
    const list = this.parts.get("rules");
    const key = JSON.stringify([shown, this.mayChange]);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...shown.map((one) => this.#row(one)));
  }

  /** @param {RuleSaid} said */
  #row({ id, origin, rule }) {
    const isOn = rule.enabled !== false;
    const severity = rule.severity ?? "warning";
    const made = row({
      tone: isOn ? severity : "off",
      told: SEVERITIES[severity],
      title: rule.title,
      facts: [sentence(rule), hostsOf(rule), ...(origin === "shipped" ? [] : [badge(origin === "own" ? "own" : "changed")])],
      actions: this.#actions({ id, origin, rule }, isOn),
    });
    made.dataset.testid = `rule-${id}`;
    return made;
  }

  /** @type {(said: RuleSaid, isOn: boolean) => Node[]} */
  #actions({ id, origin, rule }, isOn) {
    const toggle = element("input", "");
    Object.assign(toggle, { type: "checkbox", role: "switch", checked: isOn, disabled: !this.mayChange });
    toggle.setAttribute("aria-label", `${rule.title}: on`);
    toggle.addEventListener("change", () => this.#put(toggle, id, { ...rule, enabled: toggle.checked }));
    const label = element("label", "switch", toggle, element("span", ""));
    if (!this.mayChange) return [label];
    const edit = button("Edit", `Edit ${rule.title}`);
    edit.addEventListener("click", () => this.#form.open({ id, origin, rule }, {}, this.#rules));
    if (origin === "shipped") return [edit, label];
    const drop = button(origin === "own" ? "Delete" : "Reset", `${origin === "own" ? "Delete" : "Reset"} ${rule.title}`);
    drop.addEventListener("click", () => this.#drop(drop, { id, origin, rule }));
    return [drop, edit, label];
  }

  /** @type {(control: HTMLElement, id: string, rule: object) => Promise<void>} */
  #put(control, id, rule) {
    return this.#attempt(control, async () => {
      await ask(`${PATH}/${encodeURIComponent(id)}`, { method: "PUT", body: { rule } });
    });
  }

  /** @type {(control: HTMLElement, said: RuleSaid) => Promise<void>} */
  async #drop(control, { id, origin, rule }) {
    const question = origin === "own" ? `Delete “${rule.title}”?` : `Set “${rule.title}” back to what it was when it came?`;
    if (!(await this.confirm.ask(question, origin === "own" ? "Delete" : "Reset"))) return;
    await this.#attempt(control, async () => `${(await ask(`${PATH}/${encodeURIComponent(id)}`, { method: "DELETE" })).detail}.`);
  }

  /** @param {string} said */
  async #saved(said) {
    await reload(this, this.#said);
    say(this.#said, said, "good");
  }

  async #takeFile() {
    const field = this.parts.get("file");
    const [file] = field.files;
    if (!file) return;
    const question = `Put ${file.name} in place of all rules of your own, and of all your changes to those that ship?`;
    if (await this.confirm.ask(question, "Import")) {
      await this.#attempt(this.parts.get("import"), async () => {
        const body = { toml: await file.text() };
        return `${(await ask("/api/alerts/import", { method: "POST", body })).detail}.`;
      });
    }
    field.value = "";
  }

  /** @type {(control: HTMLElement, work: () => Promise<string | void>) => Promise<void>} */
  async #attempt(control, work) {
    await attempt(control, this.#said, "Changing…", work);
    this.parts.get("rules").dataset.key = "";
    await reload(this, this.#said);
  }

  /** @param {Paused[]} paused */
  #drawPaused(paused) {
    const now = Date.now();
    const rows = paused.filter(({ until }) => Date.parse(until) > now).map(({ hosts, until }) => {
      const end = button("End", `End the maintenance of ${hosts}`);
      end.disabled = !this.mayChange;
      end.addEventListener("click", () => this.#setPause(end, hosts, null));
      return element("li", "row", element("span", "name", hosts, element("small", "aside", `until ${dated(until)}`)), element("span", "actions", end));
    });
    this.parts.get("paused").replaceChildren(...rows);
  }

  /** @param {any} event */
  #pause(event) {
    event.preventDefault();
    const { hosts, until } = Object.fromEntries(new FormData(event.target));
    this.#setPause(event.submitter, String(hosts), new Date(String(until)).toISOString()).then(() => event.target.reset());
  }

  /** @type {(control: HTMLElement, hosts: string, until: string | null) => Promise<void>} */
  async #setPause(control, hosts, until) {
    const said = this.parts.get("pause-said");
    await attempt(control, said, "Changing…", async () => {
      await ask("/api/alerts/maintenance", { method: "PUT", body: { hosts, until } });
    });
    await this.load().catch((error) => {
      if (error instanceof Failed) say(said, error.message, "bad");
    });
  }
}
