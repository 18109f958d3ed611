// Exponentials of float32. e^x = 2ⁿ·e^r with n = ⌊x/ln 2⌉, |r| ≤ ½ ln 2, and e^r = 1 + r + r²·P(r) with P minimax (Remez).
// Built-in exp and tanh of common devices lose NaN and ∞, and digits.

import { polynomial } from "./glsl-source.js";

const p4 = [0.0013814627146004899, 0.00836871673643461, 0.04166838758226733, 0.1666652063455933, 0.4999999344937648];
const p5 = [0.00019962333506203143, 0.0013943212591101797, 0.00833321972357955, 0.04166632693884466, 0.16666666905783592, 0.5000000053068858];
const tanhNear0 = [0.0021429510142802555, -0.008177386034920332, 0.021700698246965026, -0.05394676220523688, 0.13333206003274672, -0.33333330802731476];

export const exponentials: Readonly<Record<string, string>> = {
  // p·2ⁿ in two steps, either of which is by a normal number.
  g_scale: `float g_scale(float p, int n) {
  int h = n >> 1;
  return p * intBitsToFloat((h + 127) << 23) * intBitsToFloat((n - h + 127) << 23);
}`,
  // x − n·ln 2, ln 2 in two parts of which the first has so few digits that n times it is exact.
  g_reduced: `float g_reduced(float x, float n) { return (x - n * 0.693359375) + n * 2.12194440e-4; }`,
  g_exp: `float g_exp(float x) {
  float y = clamp(x, -104.0, 89.0);
  float n = floor(y * 1.44269504 + 0.5);
  float r = g_reduced(y, n);
  return isnan(x) ? x : g_scale(1.0 + (r + r * r * (${polynomial("r", p4)})), int(n));
}`,
  g_exp2: `float g_exp2(float x) {
  float y = clamp(x, -151.0, 129.0);
  float n = floor(y + 0.5);
  float r = (y - n) * 0.69314718;
  return isnan(x) ? x : g_scale(1.0 + (r + r * r * (${polynomial("r", p4)})), int(n));
}`,
  // 2ⁿ·(e^r − 1) + (2ⁿ − 1), with the sign of x, also of a zero
  g_expm1: `float g_expm1(float x) {
  if (isnan(x)) return x;
  if (x > 88.0) return g_exp(x);
  float y = max(x, -30.0);
  float n = floor(y * 1.44269504 + 0.5);
  float r = g_reduced(y, n);
  float power = g_scale(1.0, int(n));
  return g_sign_of((r + r * r * (${polynomial("r", p5)})) * power + (power - 1.0), x);
}`,
  // sinh x = ½(E + E/(E + 1)) with E = e^x − 1; where that overflows, (e^(x/2)/2)·e^(x/2)
  g_sinh: `float g_sinh(float x) {
  if (isnan(x)) return x;
  float a = abs(x);
  float e = g_expm1(min(a, 40.0));
  float h = g_exp(0.5 * a);
  return g_sign_of(a < 40.0 ? 0.5 * (e + e / (e + 1.0)) : (0.5 * h) * h, x);
}`,
  g_cosh: `float g_cosh(float x) {
  float a = abs(x);
  float e = g_exp(min(a, 40.0));
  float h = g_exp(0.5 * a);
  return isnan(x) ? x : a < 40.0 ? 0.5 * (e + 1.0 / e) : (0.5 * h) * h;
}`,
  // tanh x = x + x³·P(x²) up to 0.625, from there 1 − 2/(e^2x + 1), which is 1 from 9.02 on.
  g_tanh: `float g_tanh(float x) {
  if (isnan(x)) return x;
  float a = abs(x);
  float z = a * a;
  float small = a + a * z * (${polynomial("z", tanhNear0)});
  return g_sign_of(a < 0.625 ? small : 1.0 - 2.0 / (g_exp(min(2.0 * a, 20.0)) + 1.0), x);
}`,
};
