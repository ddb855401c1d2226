// The theme's colours as a canvas takes them.

// name → the colour that this token has in `box`, as rgb(): a canvas knows no custom properties.
/** @type {(box: HTMLElement) => (name: string) => string} */
export function inks(box) {
  return (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--pw-${name})`;
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

/** @type {(color: string, opacity: number) => string} */
export function translucent(color, opacity) {
  return color.replace(/^rgb\((.*)\)$/, `rgb($1, ${opacity})`);
}
