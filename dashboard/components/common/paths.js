// Addresses of our own: below which path we are, and where to go after logging in.

// "" or, behind a proxy, a path such as "/perfwatch".
const BASE = baseOf(new URL(import.meta.url).pathname);

function baseOf(path) {
  const at = path.indexOf("/assets/");
  return at < 0 ? "" : path.slice(0, at);
}

// The address of one of our paths.
export function at(path) {
  return BASE + path;
}

// A path of this origin and nothing else, without what we are below.
export function safePath(wanted, origin) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the URL parser passes over them
  if (!wanted?.startsWith("/") || /[\\\u0000-\u001f]/.test(wanted)) return "/";
  // The URL parser has the last word: "/\t/evil" and its kin become another origin only there.
  const url = new URL(wanted, origin);
  if (url.origin !== origin || wanted.startsWith("//") || url.pathname.startsWith("//")) return "/";
  if (url.pathname === "/login") return "/";
  return url.pathname + url.search + url.hash;
}

export function loginPath(reason, place) {
  const within = place.pathname.startsWith(`${BASE}/`) ? place.pathname.slice(BASE.length) : "/";
  const query = new URLSearchParams({ reason, next: within + place.search });
  return at(`/login?${query}`);
}
