// Inverse trigonometric functions of float32, with minimax polynomials (Remez).

import { polynomial } from "./glsl-source.js";

const arcsine = [0.037529322508074114, 0.01442989871802819, 0.031809890109069566, 0.044516712034934625, 0.07500505352648361, 0.1666665997366154];
const arctangent = [0.04743831117443514, -0.0847616682480914, 0.11044673684423403, -0.14282006327659144, 0.19999903857514748, -0.3333333249852691];

export const inverses: Readonly<Record<string, string>> = {
  // arcsin a for a up to ½; from there arcsin √((1 − a)/2), half the angle from π/2.
  g_arcsine: `float g_arcsine(float a) {
  float z = a > 0.5 ? 0.5 * (1.0 - a) : a * a;
  float s = a > 0.5 ? sqrt(max(z, 0.0)) : a;
  return s + s * z * (${polynomial("z", arcsine)});
}`,
  g_asin: `float g_asin(float x) {
  float a = abs(x);
  if (isnan(x) || a > 1.0) return isnan(x) ? x : uintBitsToFloat(0x7fc00000u);
  float p = g_arcsine(a);
  return g_sign_of(a > 0.5 ? 1.57079633 - 2.0 * p : p, x);
}`,
  g_acos: `float g_acos(float x) {
  float a = abs(x);
  if (isnan(x) || a > 1.0) return isnan(x) ? x : uintBitsToFloat(0x7fc00000u);
  float p = g_arcsine(a);
  if (a > 0.5) return x < 0.0 ? 3.14159265 - 2.0 * p : 2.0 * p;
  return 1.57079633 - g_sign_of(p, x);
}`,
  // arctan of s/l for 0 ≤ s ≤ l: = π/4 + arctan (s − l)/(s + l), so that the polynomial sees tan π/8 at most.
  g_arctangent: `float g_arctangent(float s, float l) {
  bool middle = s > 0.41421356 * l;
  float t = middle ? (s - l) / (s + l) : s / l;
  float z = t * t;
  return (middle ? 0.785398163 : 0.0) + (t + t * z * (${polynomial("z", arctangent)}));
}`,
  g_atan: `float g_atan(float x) {
  if (isnan(x)) return x;
  float a = abs(x);
  float angle = a <= 1.0 ? g_arctangent(a, 1.0) : 1.57079633 - (isinf(a) ? 0.0 : g_arctangent(1.0 / a, 1.0));
  return g_sign_of(angle, x);
}`,
  g_atan2: `float g_atan2(float y, float x) {
  if (isnan(x) || isnan(y)) return x + y;
  float a = abs(y);
  float b = abs(x);
  float larger = max(a, b);
  float s = min(a, b);
  // Scaled, so that their sum does not overflow; the angle of infinities is that of ones.
  float angle = isinf(s) ? 0.785398163 : larger == 0.0 || isinf(larger) ? 0.0 : g_arctangent(0.5 * s, 0.5 * larger);
  if (a > b) angle = 1.57079633 - angle;
  if ((floatBitsToUint(x) & 0x80000000u) != 0u) angle = 3.14159265 - angle;
  return g_sign_of(angle, y);
}`,
};
