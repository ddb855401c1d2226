// The bar of pages on a phone is Streamlit's, which tells by colour alone which page is shown.

const LINKS = ".st-key-pages a";

function mark() {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(LINKS))) {
    const current = link.pathname === location.pathname ? "page" : null;
    if (link.ariaCurrent === current) continue;
    link.ariaCurrent = current;
    if (current) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

// Streamlit draws its links anew when it likes. What our own pages draw is in shadow trees, and not seen here.
export function markCurrentPage() {
  const watching = new MutationObserver(mark);
  watching.observe(document.body, { childList: true, subtree: true });
  mark();
  return () => watching.disconnect();
}
