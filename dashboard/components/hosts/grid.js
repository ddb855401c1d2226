// A list of cards: each is drawn when it has something new and is in sight, and moved only when it must.

export class Grid {
  #list;
  #make;
  #cards = new Map(); // by what they show
  #shown = new Map(); // the other way round, by their elements
  #inSight = new Set();
  #changed = new Set();
  #frame = 0;
  #pointed = false;
  #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "100px" });

  constructor(list, make, signal) {
    this.#list = list;
    this.#make = make;
    const point = (pointed) => ({ pointerType }) => {
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
  arrange(things) {
    const wanted = things.map((thing) => this.#card(thing).root);
    for (const root of [...this.#list.children]) if (!wanted.includes(root)) this.#remove(root);
    wanted.forEach((root, place) => {
      const there = this.#list.children[place];
      if (there !== root) this.#list.insertBefore(root, there ?? null);
      this.#observer.observe(root);
    });
  }

  change(thing) {
    this.#changed.add(thing);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  tick() {
    for (const thing of this.#inSight) this.#cards.get(thing).tick();
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
      this.#cards.get(thing).draw();
    }
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const thing = this.#shown.get(target);
      if (!thing) continue;
      if (isIntersecting) this.#inSight.add(thing);
      else this.#inSight.delete(thing);
    }
    this.#draw();
  }

  #card(thing) {
    if (!this.#cards.has(thing)) {
      const card = this.#make(thing);
      this.#cards.set(thing, card);
      this.#shown.set(card.root, thing);
      this.#changed.add(thing);
    }
    return this.#cards.get(thing);
  }

  #remove(root) {
    this.#observer.unobserve(root);
    this.#inSight.delete(this.#shown.get(root));
    this.#changed.add(this.#shown.get(root));
    root.remove();
  }
}
