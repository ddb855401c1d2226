// When this browser's session ends, as far as it was told: no secret, and no proof of a session.

const KEY = "perfwatch.expires";

/** @type {(time: string) => void} */
export function expectEnd(time) {
  localStorage.setItem(KEY, time);
}

export function forgetEnd() {
  localStorage.removeItem(KEY);
}

// In ms since 1970; NaN when no session was seen here.
export function expectedEnd() {
  return Date.parse(localStorage.getItem(KEY) ?? "");
}
