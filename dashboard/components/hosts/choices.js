// How the hosts are sorted and which are shown: in the controls, and in the address to be sent on.

/** @type {Record<string, string>} */
const DEFAULTS = { sort: "name", show: "all", q: "" };

export class Choices {
  #form;

  // `changed` is called after each change.
  /** @param {any} form @param {() => void} changed @param {AbortSignal} signal */
  constructor(form, changed, signal) {
    this.#form = form;
    const given = new URLSearchParams(location.search);
    for (const [name, otherwise] of Object.entries(DEFAULTS)) this.#set(name, given.get(name) ?? otherwise);
    const heard = () => {
      this.#remember();
      changed();
    };
    form.addEventListener("input", heard, { signal });
    form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault(), { signal });
  }

  get sort() {
    return this.#form.elements.sort.value || DEFAULTS.sort;
  }

  get show() {
    return this.#form.elements.show.value || DEFAULTS.show;
  }

  get text() {
    return this.#form.elements.q.value;
  }

  // A name that is no option is passed over.
  /** @type {(name: string, value: string) => void} */
  #set(name, value) {
    const control = this.#form.elements[name];
    control.value = value;
    if (control.value === "" && value !== "") control.value = DEFAULTS[name];
  }

  #remember() {
    const url = new URL(location.href);
    for (const [name, otherwise] of Object.entries(DEFAULTS)) {
      const { value } = this.#form.elements[name];
      if (value === otherwise) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    history.replaceState(history.state, "", url);
  }
}
