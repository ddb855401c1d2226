// The elements of a page that are written to, found once by their data-part.

export class Parts {
  #found = new Map();

  constructor(root) {
    for (const element of root.querySelectorAll("[data-part]")) this.#found.set(element.dataset.part, element);
  }

  get(name) {
    return this.#found.get(name);
  }

  text(name, text) {
    const element = this.#found.get(name);
    if (element.textContent !== text) element.textContent = text;
  }

  // A main number: {number, unit} in two elements, so that the number may be larger than its unit.
  value(name, { number, unit }) {
    this.text(name, number);
    this.text(`${name}-unit`, unit);
  }
}

// Makes `list` have `count` children, each by `make`, keeping those that are there.
export function resize(list, count, make) {
  while (list.children.length > count) list.lastElementChild.remove();
  while (list.children.length < count) list.append(make(list.children.length));
  return [...list.children];
}

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}
