// A page whose scripts did not all arrive (a network that changed meanwhile breaks off whatever is on its way) would
// stay blank: it is loaded again, once in a while. It stands in the page itself, as no module.
(() => {
  const KEY = "perfwatch.reloaded";
  const AGAIN_MS = 10_000;
  const TRY_MS = 2000;

  function again() {
    if (Date.now() - Number(sessionStorage.getItem(KEY)) < AGAIN_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    setTimeout(reload, 500);
  }

  // Not while the server is away: that would put the browser's own error page in the place of what is shown.
  function reload() {
    fetch(location.href, { method: "HEAD" }).then(() => location.reload(), () => setTimeout(reload, TRY_MS));
  }

  window.addEventListener("error", ({ target }) => {
    if (target instanceof HTMLScriptElement || target instanceof HTMLLinkElement) again();
  }, true);
  window.addEventListener("unhandledrejection", ({ reason }) => {
    if (/dynamically imported module|preload CSS/i.test(String(reason))) again();
  });
})();
