// Reproducible random numbers: the same seed gives the same case on every machine.

/** Numbers in [0, 1) from a seed. Source: mulberry32, Tommy Ettinger, public domain. */
export function randomSource(seed: string | number): () => number {
  let state = typeof seed === "number" ? seed | 0 : hash(seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// FNV-1a.
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
