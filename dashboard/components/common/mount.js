// A component's life in a page: made once, told of each rerun's data, ended with the page.

/** @typedef {{ stop(): void, update?(data: any): void }} Component */
/** @typedef {HTMLElement & { stop?: () => void }} Early the start page's own element */

/** @type {WeakMap<Element, { made: Component, call?: object }>} */
const mounted = new WeakMap();

// `create(root)` gives an object with stop() and, when data matters, update(data).
/** @type {(selector: string, create: (root: HTMLElement) => Component) => (given: { parentElement: ShadowRoot, data?: unknown }) => () => void} */
export function mountable(selector, create) {
  return ({ parentElement, data }) => {
    place(parentElement, selector);
    const root = /** @type {HTMLElement} */ (parentElement.querySelector(selector));
    let instance = mounted.get(root);
    if (!instance) {
      instance = { made: create(root) };
      mounted.set(root, instance);
    }
    instance.made.update?.(data);
    const call = (instance.call = {});
    // Streamlit calls again on every rerun; only the clean-up of the last call ends the instance.
    return () => {
      if (instance.call !== call) return;
      instance.made.stop();
      mounted.delete(root);
    };
  };
}

// A component that has something to show says so: what comes after may begin to load.
/** @type {(root: Element) => void} */
export function drawn(root) {
  root.dispatchEvent(new Event("drawn", { bubbles: true, composed: true }));
}

// Streamlit hands over a template. A page that the start page runs already (early/early.js) takes its place as it is.
/** @type {(parentElement: ShadowRoot, selector: string) => void} */
function place(parentElement, selector) {
  const template = parentElement.querySelector("template");
  if (!template) return;
  const early = /** @type {Early | null} */ (document.getElementById("early"));
  if (!early || !template.content.querySelector(".page")) return template.replaceWith(template.content);
  const { scrollTop } = early;
  const shadowRoot = /** @type {ShadowRoot} */ (early.shadowRoot);
  const focused = /** @type {HTMLElement | null} */ (shadowRoot.activeElement);
  const running = /** @type {HTMLElement | null} */ (shadowRoot.querySelector(selector));
  if (running) moved(running, template);
  else template.replaceWith(template.content);
  early.remove();
  if (!running) return early.stop?.(); // another page was chosen meanwhile
  const main = parentElement.host.closest(".stMain");
  if (main) main.scrollTop = scrollTop;
  focused?.focus({ preventScroll: true });
}

// Where a browser can, without a break: an open dialog stays open, and a drag goes on.
/** @type {(element: HTMLElement, template: Element) => void} */
function moved(element, template) {
  const parent = /** @type {any} */ (template.parentNode); // moveBefore is new
  (parent.moveBefore ?? parent.insertBefore).call(parent, element, template);
  template.remove();
  // Chromium 156 leaves ::before and ::after behind: taken away and given back, they come along.
  element.classList.add("moving");
  element.getBoundingClientRect();
  element.classList.remove("moving");
}
