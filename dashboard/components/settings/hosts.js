// The settings of each host: what it reports, and changes that wait for its answer.
import { ask } from "../common/ask.js";
import { Section, attempt } from "../common/forms.js";
import { HostForm } from "./host.js";

const FILTER_FROM = 8; // hosts; fewer are seen at a glance
const HERE = /^(localhost|127\..*|\[::1\])$/;

export class Hosts extends Section {
  live = true;
  /** @type {Map<string, HostForm>} */
  #forms = new Map();

  /** @param {import("../common/forms.js").Given} page */
  constructor(page) {
    super(page);
    this.parts.get("host-filter").addEventListener("input", () => this.#filter());
    this.parts.get("machine-add").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#add(event));
    // By what this page was reached, others most likely reach the server too.
    if (!HERE.test(location.hostname)) this.parts.get("machine-add").elements.server.value = location.hostname;
  }

  async load() {
    const { hosts } = await ask("/api/config", { signal: this.signal });
    const alone = hosts.length === 1;
    const list = this.parts.get("hosts");
    const wanted = hosts.map((/** @type {import("./host.js").Told} */ host) => {
      const form = this.#forms.get(host.host) ?? new HostForm(host.host, { open: alone });
      this.#forms.set(host.host, form);
      form.show(host, this.mayChange);
      return form.element;
    });
    // Moved only when they differ: what moves loses the focus.
    if (wanted.some((/** @type {HTMLElement} */ one, /** @type {number} */ place) => list.children[place] !== one) || list.children.length !== wanted.length) list.replaceChildren(...wanted);
    this.parts.get("no-hosts").hidden = hosts.length > 0;
    this.parts.get("host-filter-field").hidden = hosts.length < FILTER_FROM;
    this.#filter();
  }

  /** @param {any} event of a form that is submitted */
  #add(event) {
    event.preventDefault();
    const { name, server } = event.target.elements;
    this.parts.get("machine-once").hidden = true;
    attempt(event.submitter, this.parts.get("machine-add-said"), "Making…", async () => {
      const made = await ask("/api/join", { method: "POST", body: { name: name.value, server: server.value } });
      this.parts.text("machine-line-for", `Paste this on ${name.value} within ${made.minutes} minutes; it works once`);
      this.parts.get("machine-line").value = made.line;
      this.parts.get("machine-once").hidden = false;
      return "";
    });
  }

  #filter() {
    const text = this.parts.get("host-filter").value.trim().toLowerCase();
    for (const [name, form] of this.#forms) form.element.hidden = !name.toLowerCase().includes(text);
  }
}
