// The elements of a page that are written to, found once by their data-part.

export class Parts {
  /** @type {Map<string | undefined, HTMLElement>} */
  #found = new Map();

  /** @param {ParentNode} root */
  constructor(root) {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-part]"))) this.#found.set(element.dataset.part, element);
  }

  // Of any kind: the page's HTML says which.
  /** @type {(name: string) => any} */
  get(name) {
    return this.#found.get(name);
  }

  /** @type {(name: string, text: string) => void} */
  text(name, text) {
    write(this.get(name), text);
  }
}

// Makes `list` have `count` children, each by `make`, keeping those that are there.
/** @type {<T extends Element>(list: Element, count: number, make: (place: number) => T) => T[]} */
export function resize(list, count, make) {
  while (list.children.length > count) list.lastElementChild?.remove();
  while (list.children.length < count) list.append(make(list.children.length));
  return /** @type {any[]} */ ([...list.children]);
}

// Writing what is there already would cost a layout all the same.
/** @param {any} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @type {<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...children: (Node | string)[]) => HTMLElementTagNameMap[K]} */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}
