// The server's clock, as far as the Date header tells it: ages and expiries must not depend on
// whether this computer's clock is right.

const TRUSTED_MS = 2000; // the header has whole seconds: a smaller difference says nothing

class Clock {
  #ahead = 0;

  /** @type {(response: Response) => void} */
  learn(response) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(date)) return;
    const ahead = Date.now() - (date + 500);
    this.#ahead = Math.abs(ahead) > TRUSTED_MS ? ahead : 0;
  }

  now() {
    return Date.now() - this.#ahead;
  }
}

export const clock = new Clock();
