// Requests to our own API. A session that is over leads to the login page; every other failure is a sentence.
import { clock } from "./clock.js";
import { at } from "./paths.js";
import { leave } from "../session/watch.js";

const AWAY = "The server cannot be reached. Check that PerfWatch is running; this page tries again by itself.";

// What the history's server will never do.
export const UNSUPPORTED = 501;

export class Failed extends Error {
  /** @param {string} message @param {number} status of HTTP, 0 when nothing answered */
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  // Whether the same question may be answered later.
  get passes() {
    return this.status === 0 || (this.status >= 500 && this.status !== UNSUPPORTED);
  }

  // For a page that shows the history, which asks again.
  get ofHistory() {
    const sentence = this.message.replace(/\.$/, "");
    if (this.status === UNSUPPORTED) return `The history cannot be read here: ${sentence}.`;
    return this.status === 503 ? `The history cannot be read: ${sentence}. This page tries again by itself.` : this.message;
  }
}

// The JSON answer of `path`. Throws Failed with a sentence to show.
/** @type {(path: string, options?: { method?: string, body?: unknown, signal?: AbortSignal }) => Promise<any>} */
export async function ask(path, { method = "GET", body, signal } = {}) {
  /** @type {RequestInit} */
  const request = { method, signal };
  if (body !== undefined) {
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  const response = await fetch(at(path), request).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Failed(AWAY, 0);
  });
  clock.learn(response);
  if (response.status === 401) leave("expired");
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Failed(answer?.detail ?? `The server answered ${response.status}.`, response.status);
  return answer;
}
