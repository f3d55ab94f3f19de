/** Keeps a Map small: what was set longest ago leaves first. */

/** Sets an entry, makes it the newest, and removes the oldest ones beyond `max`. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  // A Map keeps the order of insertion, so an entry is moved to the end by taking it out first.
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
