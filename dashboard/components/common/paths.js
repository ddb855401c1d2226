// Where to go after logging in: a path of this origin and nothing else.

export function safePath(wanted, origin) {
  if (!wanted || !wanted.startsWith("/") || /[\\\u0000-\u001f]/.test(wanted)) return "/";
  // The URL parser has the last word: "/\t/evil" and its kin become another origin only there.
  const url = new URL(wanted, origin);
  if (url.origin !== origin || wanted.startsWith("//") || url.pathname.startsWith("//")) return "/";
  if (url.pathname === "/login") return "/";
  return url.pathname + url.search + url.hash;
}

export function loginPath(reason, place) {
  const query = new URLSearchParams({ reason, next: place.pathname + place.search });
  return `/login?${query}`;
}
