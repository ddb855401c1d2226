// Knows when this browser's session ends, and leaves for the login page a little before.
import { at, loginPath } from "../common/paths.js";
import { clock } from "../common/clock.js";
import { expectEnd, forgetEnd } from "./expiry.js";

const MARGIN_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const CHANNEL = "perfwatch-session";

let loggingOut = false;

/** @type {(reason: "expired" | "logout") => void} */
export function leave(reason) {
  if (reason === "expired" && loggingOut) return;
  if (reason === "logout") {
    forgetEnd();
    const others = new BroadcastChannel(CHANNEL);
    others.postMessage(reason);
    others.close();
    return location.assign(at("/login?reason=logout"));
  }
  location.assign(loginPath(reason, location));
}

// Whether the session is over now. The page's connections end with it, before the answer is here: they are not to
// say that it expired.
/** @type {() => Promise<boolean>} */
export async function logOut() {
  loggingOut = true;
  const response = await fetch(at("/api/auth/logout"), { method: "POST" }).catch(() => null);
  // 401 says that it was over already, which is what was asked for.
  loggingOut = response?.ok === true || response?.status === 401;
  if (loggingOut) leave("logout");
  return loggingOut;
}

// Asks the server who is logged in. Leaves when nobody is; null when the server does not answer.
/** @type {() => Promise<{ username: string, role: string, expires_at: string } | null>} */
export async function whoAmI() {
  const response = await fetch(at("/api/auth/me")).catch(() => null);
  if (response?.status === 401) leave("expired");
  if (!response?.ok) return null;
  clock.learn(response);
  const session = await response.json();
  expectEnd(session.expires_at);
  return session;
}

export function watch() {
  /** @type {number | undefined} */
  let timer;
  let stopped = false;
  const again = async () => {
    clearTimeout(timer);
    const session = await whoAmI();
    if (stopped) return;
    const left = session ? Date.parse(session.expires_at) - clock.now() - MARGIN_MS : 10_000;
    if (session && left <= 0) return leave("expired");
    timer = setTimeout(again, Math.min(left, LONGEST_TIMER_MS));
  };
  // Timers sleep with the computer: look again when the page is back in sight.
  const seen = () => document.visibilityState === "visible" && again();
  const others = new BroadcastChannel(CHANNEL);
  others.onmessage = () => location.assign(at("/login?reason=logout"));
  document.addEventListener("visibilitychange", seen);
  again();
  return () => {
    stopped = true;
    clearTimeout(timer);
    others.close();
    document.removeEventListener("visibilitychange", seen);
  };
}
