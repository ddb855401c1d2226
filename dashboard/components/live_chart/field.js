// A number within a reading, by its path: usage_percent, load_average.0, partitions./mnt/a.b.free_bytes.

/** @type {(reading: any, path: string) => number | null} */
export function valueAt(reading, path) {
  if (reading === null || typeof reading !== "object") return null;
  if (Object.hasOwn(reading, path)) return typeof reading[path] === "number" ? reading[path] : null;
  // A part's own name may have dots.
  for (const name of Object.keys(reading)) {
    const found = path.startsWith(`${name}.`) ? valueAt(reading[name], path.slice(name.length + 1)) : null;
    if (found !== null) return found;
  }
  return null;
}
