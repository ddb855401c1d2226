// A page's own component before Streamlit's scripts, which would take the link for themselves. Streamlit's mount
// takes it over as it runs (common/mount.js). It stands in the page itself, as no module.
(() => {
  const KEY = "perfwatch.streamlit";
  const LONGEST_MS = 3000;
  const early = /** @type {import("../common/mount.js").Early} */ (document.getElementById("early"));
  const scripts = /** @type {HTMLTemplateElement} */ (document.getElementById("streamlit")).content;
  const entry = /** @type {HTMLScriptElement} */ (scripts.querySelector("script"));
  const name = entry.getAttribute("src") ?? "";
  const begin = () => document.head.append(scripts);

  const page = import(early.dataset.script ?? "");
  if (window.perfwatch) window.perfwatch.page = page;
  page.then(({ mount }) => {
    if (early.isConnected) early.stop = mount({ parentElement: early.shadowRoot });
  });
  // Scripts that this browser keeps already take nothing. Others wait until the page has drawn, or for too long.
  entry.addEventListener("load", () => localStorage.setItem(KEY, name));
  if (localStorage.getItem(KEY) === name) return begin();
  early.addEventListener("drawn", begin, { once: true });
  setTimeout(begin, LONGEST_MS);
})();
