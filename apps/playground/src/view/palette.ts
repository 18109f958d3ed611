// Colours of the curves: told apart by people with colour-blindness too (after Okabe and Ito), and by their strokes.

const light = ["#0b66c3", "#d1530b", "#0a8a62", "#b03a8c", "#8a6a00", "#5b5f6b"];
const dark = ["#6db3ff", "#ff9a57", "#4fd1a1", "#f08acb", "#e0c14d", "#b0b6c4"];

export const darkMode: MediaQueryList = matchMedia("(prefers-color-scheme: dark)");

/** The colour of the i-th curve. */
export function curveColor(i: number): string {
  const colors = darkMode.matches ? dark : light;
  return colors[i % colors.length] as string;
}

/** A stroke of the i-th curve: curves that coincide are seen through one another, the first being the broadest. */
export function curveStroke(i: number): { readonly width: number; readonly dash: number[] } {
  return i === 0 ? { width: 3.5, dash: [] } : { width: 2, dash: [[], [7, 4], [2, 3], [10, 4, 2, 4]][(i - 1) % 4] as number[] };
}
