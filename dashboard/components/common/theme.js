// What a page needs before anything is painted: where it is below, and light or dark. It stands in the page
// itself, and is loaded by a plain script tag where people log in, so it is no module.
// Ours follows `color-scheme` (tokens.css); Streamlit reads its own choice from a key of each page's path.
(() => {
  const KEY = "perfwatch.theme";
  /** @type {Record<string, string>} */
  const NAMES = { dark: "Dark", light: "Light", system: "System" };
  /** @type {Record<string, string>} */
  const SCHEMES = { dark: "dark", light: "light", system: "dark light" };

  const stored = localStorage.getItem(KEY) ?? "";
  const chosen = Object.hasOwn(NAMES, stored) ? stored : "dark";
  document.documentElement.style.colorScheme = SCHEMES[chosen];
  document.documentElement.style.background = "light-dark(#f4f6f9, #0b0f14)";
  localStorage.setItem(`stActiveTheme-${location.pathname}-v2`, JSON.stringify(NAMES[chosen]));

  // Streamlit fetches its font of icons, 375 kB, whether a page has an icon or not. A browser does when one has.
  const load = document.fonts.load.bind(document.fonts);
  document.fonts.load = (font, ...text) => (font.includes("Material Symbols") ? Promise.resolve([]) : load(font, ...text));

  window.perfwatch = {
    // "" or, behind a proxy, a path such as "/perfwatch".
    base: location.pathname.replace(/\/[^/]*$/, ""),
    theme: chosen,
    // The page is loaded again: Streamlit takes its theme at the start only.
    chooseTheme(name) {
      localStorage.setItem(KEY, name);
      location.reload();
    },
  };
})();
