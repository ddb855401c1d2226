"""How long after a click a page has painted the answer: what a browser is to run."""

from __future__ import annotations

# Notes, for each answer drawn, how long after the last click its frame had been painted.
WATCH = """
(root) => {
  window.painted = [];
  let clicked = 0;
  document.addEventListener("click", () => (clicked = performance.now()), true);
  new MutationObserver(() => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => window.painted.push(performance.now() - clicked);
    after.port2.postMessage(null);
  })).observe(root, { attributes: true, attributeFilter: ["data-loaded"] });
}
"""
