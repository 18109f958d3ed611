// Handwritten digits as a network is given them.

export const pixels = 28 * 28;

export interface Digits {
  readonly count: number;
  /** Row by row, from 0 to 255. */
  readonly images: Uint8Array;
  /** From 0 to 9. */
  readonly labels: Uint8Array;
}

// Of all training pixels, as shares of white.
const [mean, deviation] = [0.1307, 0.3081];

/** Images at the given places as rows of standardised numbers, and their labels. */
export function batch({ images, labels }: Digits, places: ArrayLike<number>): { x: Float32Array; labels: Int32Array } {
  const x = new Float32Array(places.length * pixels);
  for (let i = 0; i < places.length; i++) {
    const from = (places[i] as number) * pixels;
    for (let j = 0; j < pixels; j++) x[i * pixels + j] = ((images[from + j] as number) / 255 - mean) / deviation;
  }
  return { x, labels: Int32Array.from(places as ArrayLike<number> & Iterable<number>, (p) => labels[p] as number) };
}
