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
    write(this.#found.get(name), text);
  }
}

// Makes `list` have `count` children, each by `make`, keeping those that are there.
export function resize(list, count, make) {
  while (list.children.length > count) list.lastElementChild.remove();
  while (list.children.length < count) list.append(make(list.children.length));
  return [...list.children];
}

// Writing what is there already would cost a layout all the same.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}
