// np.linalg: the names of NumPy and a few of SciPy. Integers and booleans become float32; matrices are the last two axes.

export * from "./linalg/decompositions.js";
export * from "./linalg/determinants.js";
export { expm } from "./linalg/expm.js";
export * from "./linalg/norms.js";
export * from "./linalg/products.js";
export * from "./linalg/systems.js";
