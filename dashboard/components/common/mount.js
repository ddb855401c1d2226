// A component's life in a page: made once, told of each rerun's data, ended with the page.

const mounted = new WeakMap();

// `create(root)` gives an object with stop() and, when data matters, update(data).
export function mountable(selector, create) {
  return ({ parentElement, data }) => {
    place(parentElement, selector);
    const root = parentElement.querySelector(selector);
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
export function drawn(root) {
  root.dispatchEvent(new Event("drawn", { bubbles: true, composed: true }));
}

// Streamlit hands over a template. A page that the start page runs already (early/early.js) takes its place as it is.
function place(parentElement, selector) {
  const template = parentElement.querySelector("template");
  if (!template) return;
  const early = document.getElementById("early");
  if (!early || !template.content.querySelector(".page")) return template.replaceWith(template.content);
  const { scrollTop, shadowRoot } = early;
  const focused = shadowRoot.activeElement;
  const running = shadowRoot.querySelector(selector);
  if (running) moved(running, template);
  else template.replaceWith(template.content);
  early.remove();
  if (!running) return early.stop?.(); // another page was chosen meanwhile
  parentElement.host.closest(".stMain").scrollTop = scrollTop;
  focused?.focus({ preventScroll: true });
}

// Where a browser can, without a break: an open dialog stays open, and a drag goes on.
function moved(element, template) {
  const parent = template.parentNode;
  (parent.moveBefore ?? parent.insertBefore).call(parent, element, template);
  template.remove();
}
