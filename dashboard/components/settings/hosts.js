// The settings of each host: what it reports, and changes that wait for its answer.
import { ask } from "../common/ask.js";
import { Section } from "./forms.js";
import { HostForm } from "./host.js";

const FILTER_FROM = 8; // hosts; fewer are seen at a glance

export class Hosts extends Section {
  live = true;
  #forms = new Map();

  constructor(page) {
    super(page);
    this.parts.get("host-filter").addEventListener("input", () => this.#filter());
  }

  async load() {
    const { hosts } = await ask("/api/config", { signal: this.signal });
    const alone = hosts.length === 1;
    for (const host of hosts) {
      if (!this.#forms.has(host.host)) this.#forms.set(host.host, new HostForm(host.host, { open: alone }));
      this.#forms.get(host.host).show(host, this.mayChange);
    }
    const list = this.parts.get("hosts");
    const wanted = hosts.map(({ host }) => this.#forms.get(host).element);
    // Moved only when they differ: what moves loses the focus.
    if (wanted.some((one, place) => list.children[place] !== one) || list.children.length !== wanted.length) list.replaceChildren(...wanted);
    this.parts.get("no-hosts").hidden = hosts.length > 0;
    this.parts.get("host-filter-field").hidden = hosts.length < FILTER_FROM;
    this.#filter();
  }

  #filter() {
    const text = this.parts.get("host-filter").value.trim().toLowerCase();
    for (const [name, form] of this.#forms) form.element.hidden = !name.toLowerCase().includes(text);
  }
}
