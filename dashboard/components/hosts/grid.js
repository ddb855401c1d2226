// A list of cards: each is drawn when it has something new and is in sight, and moved only when it must.

/** @typedef {{ root: HTMLElement, draw(): void, tick(): void }} Card */

/** @template {object} T what the cards show */
export class Grid {
  #list;
  #make;
  /** @type {Map<T, Card>} by what they show */
  #cards = new Map();
  /** @type {Map<Element, T>} the other way round, by their elements */
  #shown = new Map();
  /** @type {Set<T>} */
  #inSight = new Set();
  /** @type {Set<T>} */
  #changed = new Set();
  #frame = 0;
  #pointed = false;
  #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "100px" });

  /** @param {HTMLElement} list @param {(thing: T) => Card} make @param {AbortSignal} signal */
  constructor(list, make, signal) {
    this.#list = list;
    this.#make = make;
    const point = (/** @type {boolean} */ pointed) => (/** @type {PointerEvent} */ { pointerType }) => {
      this.#pointed = pointed && pointerType === "mouse";
    };
    list.addEventListener("pointerenter", point(true), { signal });
    list.addEventListener("pointerleave", point(false), { signal });
  }

  // Whether somebody is about to click: then nothing may move.
  get isInUse() {
    return this.#pointed || this.#list.matches(":focus-within");
  }

  // Shows exactly these, in this order.
  /** @param {T[]} things */
  arrange(things) {
    const wanted = things.map((thing) => this.#card(thing).root);
    for (const root of [...this.#list.children]) if (!wanted.some((one) => one === root)) this.#remove(root);
    wanted.forEach((root, place) => {
      const there = this.#list.children[place];
      if (there !== root) this.#list.insertBefore(root, there ?? null);
      this.#observer.observe(root);
    });
  }

  /** @param {T} thing */
  change(thing) {
    this.#changed.add(thing);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  tick() {
    for (const thing of this.#inSight) this.#card(thing).tick();
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
  }

  #draw() {
    this.#frame = 0;
    for (const thing of this.#changed) {
      if (!this.#inSight.has(thing)) continue;
      this.#changed.delete(thing);
      this.#card(thing).draw();
    }
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const thing = this.#shown.get(target);
      if (!thing) continue;
      if (isIntersecting) this.#inSight.add(thing);
      else this.#inSight.delete(thing);
    }
    this.#draw();
  }

  /** @type {(thing: T) => Card} */
  #card(thing) {
    const known = this.#cards.get(thing);
    if (known) return known;
    const card = this.#make(thing);
    this.#cards.set(thing, card);
    this.#shown.set(card.root, thing);
    this.#changed.add(thing);
    return card;
  }

  /** @param {Element} root */
  #remove(root) {
    this.#observer.unobserve(root);
    const thing = this.#shown.get(root);
    if (thing) {
      this.#inSight.delete(thing);
      this.#changed.add(thing);
    }
    root.remove();
  }
}
