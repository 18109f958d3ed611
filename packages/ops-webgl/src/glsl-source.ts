// Pieces of GLSL that the library is written with.

/** A polynomial by Horner's rule, the highest power first. */
export function polynomial(variable: string, coefficients: readonly number[]): string {
  const number = (c: number): string => {
    const text = String(Math.fround(c));
    return /[.e]/.test(text) ? text : `${text}.0`;
  };
  return coefficients.map(number).reduce((sum, c) => `(${sum}) * ${variable} + ${c}`);
}
