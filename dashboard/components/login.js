import { at, safePath } from "./common/paths.js";
import { expectedEnd } from "./session/expiry.js";

/** @type {Record<string, string>} */
const NOTICES = {
  expired: "Your session has ended. Log in to continue where you were.",
  logout: "You are logged out.",
};

const query = new URLSearchParams(location.search);
const next = safePath(query.get("next"), location.origin);
const form = /** @type {HTMLFormElement} */ (document.getElementById("login"));
const username = /** @type {HTMLInputElement} */ (document.getElementById("username"));
const password = /** @type {HTMLInputElement} */ (document.getElementById("password"));
const second = /** @type {HTMLElement} */ (document.getElementById("second"));
const code = /** @type {HTMLInputElement} */ (document.getElementById("code"));
const submit = /** @type {HTMLButtonElement} */ (document.getElementById("submit"));
const error = /** @type {HTMLElement} */ (document.getElementById("error"));
const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));

/** @type {(text: string, wrong?: boolean) => void} */
function showError(text, wrong = false) {
  error.textContent = text;
  for (const field of [username, password]) field.setAttribute("aria-invalid", String(wrong));
}

/** @type {(response: Response, answer: any) => string} */
function detail(response, answer) {
  return typeof answer.detail === "string" ? answer.detail : `The server answered ${response.status}.`;
}

/** @type {(seconds: number) => void} */
function countDown(seconds) {
  submit.disabled = true;
  const until = Date.now() + seconds * 1000;
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left > 0) return showError(`Too many attempts. Try again in ${left} s.`);
    clearInterval(timer);
    submit.disabled = false;
    showError("");
  };
  const timer = setInterval(show, 250);
  show();
}

/** @type {(response: Response) => Promise<void>} */
async function answered(response) {
  if (response.ok) return location.replace(at(next));
  submit.disabled = false;
  if (response.status === 429) return countDown(Number(response.headers.get("Retry-After")) || 30);
  const answer = await response.json().catch(() => ({}));
  if (answer.second_factor) return askForCode(detail(response, answer));
  showError(detail(response, answer), response.status === 401);
  if (response.status === 401) password.select();
}

// The first time it is no mistake: nobody knew that the account has one.
/** @type {(mistake: string) => void} */
function askForCode(mistake) {
  showError(second.hidden ? "" : mistake);
  second.hidden = false;
  code.required = true;
  code.select();
}

// The code is of the account that asked for it.
function forgetCode() {
  second.hidden = true;
  code.required = false;
  code.value = "";
}

/** @type {(event: SubmitEvent) => Promise<void>} */
async function send(event) {
  event.preventDefault();
  submit.disabled = true;
  showError("");
  const body = JSON.stringify({ username: username.value, password: password.value, code: code.value });
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  let response;
  try {
    response = await fetch(at("/api/auth/login"), request);
  } catch {
    submit.disabled = false;
    return showError("The server cannot be reached. Check that PerfWatch is running, then try again.");
  }
  await answered(response);
}

// A SameSite=Strict cookie is not sent when a link on another site leads here, so someone who is
// logged in may see this page: the same cookie does go with our own request, which settles it.
async function skipWhenLoggedIn() {
  // Asked only where a session was seen: a stranger's console should not begin with a refusal.
  if (!(expectedEnd() > Date.now())) return;
  const response = await fetch(at("/api/auth/me")).catch(() => null);
  if (!response?.ok) return;
  const session = await response.json();
  // A session in its last seconds is what the other pages send here.
  if (Date.parse(session.expires_at) - Date.now() > 10_000) location.replace(at(next));
}

// A page that the server sent here, rather than a script of ours, comes without a reason.
const reason = query.get("reason") ?? (expectedEnd() <= Date.now() ? "expired" : "");
if (Object.hasOwn(NOTICES, reason)) {
  notice.textContent = NOTICES[reason];
  notice.hidden = false;
}
username.addEventListener("input", forgetCode);
form.addEventListener("submit", send);
if (reason !== "logout") skipWhenLoggedIn();
