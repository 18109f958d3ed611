// The training loop whose memory is watched: the same in every library. A layer of tanh units on a fixed batch.

export const rows = 256;
export const columns = 32;
export const rate = 0.1;

/** The batch, its targets and the first weights. */
export const data = {
  x: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1 + 1.3 * i)),
  y: Float32Array.from({ length: rows }, (_, i) => Math.cos(0.1 * i)),
  w: new Float32Array(columns),
};
