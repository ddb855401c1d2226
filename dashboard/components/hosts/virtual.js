// A list of which only what is in sight is in the document: cards side by side, or the rows of a table.

/** @typedef {{ root: HTMLElement, draw(): void, tick(): void }} Item */
/** @typedef {{ top: number, height: number, roots(): HTMLElement[] }} Line */

const BEYOND = 250; // px above and below what is in sight

/** @template {import("./order.js").Thing} T */
export class VirtualList {
  #list;
  #make;
  #head;
  #number;
  #placed;
  #spacers;
  /** @type {Map<T, Item>} what is in the document */
  #items = new Map();
  /** @type {Map<string, HTMLElement>} */
  #heads = new Map();
  /** @type {import("./order.js").Group<T>[] | null} what stands in the page before is not ours to take away */
  #groups = null;
  /** @type {Set<string>} */
  #closed = new Set();
  /** @type {Line[]} */
  #lines = [];
  #width = 0;
  /** @type {Set<T>} */
  #changed = new Set();
  #frame = 0;
  #pointed = false;
  // The box of a table is as high as its head until there are lines.
  #resized = new ResizeObserver(() => (this.#list.clientWidth === this.#width ? this.#draw() : this.#lay()));

  // `list` says in CSS how high a line (--line) and a head (--head) are, in px, and how many things a line has.
  // `head` makes that of a group, `spacer` what stands for what is out of sight. `number` writes which of how
  // many an item is, and `placed` is told what came into sight.
  /**
   * @param {HTMLElement} list
   * @param {{ make: (thing: T) => Item, head: (group: import("./order.js").Group<T>) => HTMLElement, spacer: () => HTMLElement, number: (root: HTMLElement, place: number, count: number) => void, placed?: (things: T[]) => void }} parts
   * @param {AbortSignal} signal
   */
  constructor(list, { make, head, spacer, number, placed = () => {} }, signal) {
    this.#list = list;
    this.#make = make;
    this.#head = head;
    this.#number = number;
    this.#placed = placed;
    this.#spacers = [spacer(), spacer()];
    const point = (/** @type {boolean} */ pointed) => (/** @type {PointerEvent} */ { pointerType }) => {
      this.#pointed = pointed && pointerType === "mouse";
    };
    list.addEventListener("pointerenter", point(true), { signal });
    list.addEventListener("pointerleave", point(false), { signal });
    // Whatever scrolls, the page or a box around: a scroll in a shadow tree is heard inside it only.
    const options = { signal, capture: true, passive: true };
    document.addEventListener("scroll", () => this.#draw(), options);
    this.#box?.addEventListener("scroll", () => this.#draw(), options);
    window.addEventListener("resize", () => this.#draw(), options);
    this.#resized.observe(list);
    if (this.#box) this.#resized.observe(this.#box);
  }

  // Whether somebody is about to click: then nothing may move.
  get isInUse() {
    return this.#pointed || this.#list.matches(":focus-within");
  }

  // Shows exactly these, in this order; of a group that is closed, its head.
  /** @param {import("./order.js").Group<T>[]} groups @param {Set<string>} closed */
  show(groups, closed) {
    this.#groups = groups;
    this.#closed = closed;
    this.#heads.clear();
    this.#lay();
  }

  // Makes everything anew: items have another shape.
  clear() {
    this.#items.clear();
    this.#list.replaceChildren();
  }

  /** @param {T} thing */
  change(thing) {
    if (!this.#items.has(thing)) return;
    this.#changed.add(thing);
    this.#draw();
  }

  tick() {
    for (const item of this.#items.values()) item.tick();
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
  }

  get #box() {
    return this.#list.closest("[data-scrolls]");
  }

  #lay() {
    if (!this.#groups) return;
    const style = getComputedStyle(this.#list);
    const [line, head] = ["--line", "--head"].map((name) => Number(style.getPropertyValue(name)));
    const across = style.gridTemplateColumns === "none" ? 1 : style.gridTemplateColumns.split(" ").length;
    this.#width = this.#list.clientWidth;
    this.#lines = [];
    let top = 0;
    let place = 0;
    const count = this.#groups.reduce((total, { things }) => total + things.length, 0);
    const add = (/** @type {number} */ height, /** @type {() => HTMLElement[]} */ roots) => {
      this.#lines.push({ top, height, roots });
      top += height;
    };
    for (const group of this.#groups) {
      if (group.title !== null) add(head, () => [this.#headOf(group)]);
      const first = place + 1;
      place += group.things.length;
      if (group.title !== null && this.#closed.has(group.key)) continue;
      for (let at = 0; at < group.things.length; at += across) {
        add(line, () => group.things.slice(at, at + across).map((thing, beside) => this.#item(thing, first + at + beside, count)));
      }
    }
    this.#place();
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#place();
      for (const thing of this.#changed) this.#items.get(thing)?.draw();
      this.#changed.clear();
    });
  }

  #place() {
    if (!this.#groups) return;
    const seen = this.#lines.filter(this.#isInSight());
    const last = this.#lines[this.#lines.length - 1];
    const end = last ? last.top + last.height : 0;
    const [above, below] = this.#spacers;
    above.style.height = `${seen[0]?.top ?? 0}px`;
    below.style.height = `${seen.length ? end - seen[seen.length - 1].top - seen[seen.length - 1].height : end}px`;
    const before = new Set(this.#items.keys());
    put(this.#list, [above, ...seen.flatMap((one) => one.roots()), below]);
    for (const [thing, { root }] of this.#items) if (root.parentNode !== this.#list) this.#items.delete(thing);
    const came = [...this.#items.keys()].filter((thing) => !before.has(thing));
    for (const thing of came) this.#items.get(thing)?.draw();
    if (came.length) this.#placed(came);
  }

  // Lines between the edges of the window, or of the box that scrolls.
  /** @type {() => (line: Line) => boolean} */
  #isInSight() {
    const box = this.#box?.getBoundingClientRect();
    const { top: start } = this.#list.getBoundingClientRect();
    const from = Math.max(0, box?.top ?? 0) - start - BEYOND;
    const to = Math.min(innerHeight, box?.bottom ?? innerHeight) - start + BEYOND;
    return ({ top, height }) => top + height > from && top < to;
  }

  /** @param {import("./order.js").Group<T>} group */
  #headOf(group) {
    const made = this.#heads.get(group.key) ?? this.#head(group);
    this.#heads.set(group.key, made);
    return made;
  }

  /** @type {(thing: T, place: number, count: number) => HTMLElement} */
  #item(thing, place, count) {
    const known = this.#items.get(thing) ?? this.#make(thing);
    this.#items.set(thing, known);
    this.#number(known.root, place, count);
    return known.root;
  }
}

// Makes these the children, moving only what must.
/** @type {(list: HTMLElement, wanted: HTMLElement[]) => void} */
function put(list, wanted) {
  const kept = new Set(wanted);
  for (const child of [...list.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((root, place) => {
    const there = list.children[place];
    if (there !== root) list.insertBefore(root, there ?? null);
  });
}
