// A component's life in a page: made once, told of each rerun's data, ended with the page.

const mounted = new WeakMap();

// `create(root)` gives an object with stop() and, when data matters, update(data).
export function mountable(selector, create) {
  return ({ parentElement, data }) => {
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
