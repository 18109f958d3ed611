// Sine, cosine and tangent of float32. x = n·π/2 + r with |r| ≤ π/4: up to 4096 with π/2 in three parts, beyond with as many bits
// of 2/π as x needs: M. Payne, R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18 (1983),
// https://doi.org/10.1145/1057600.1057602.

import { polynomial } from "./glsl-source.js";

const sine = [-0.00019515283311295794, 0.008332160776194584, -0.16666654610163373];
const cosine = [2.443315740955046e-5, -0.0013887316256205985, 0.041666645682857995];

export const trigonometry: Readonly<Record<string, string>> = {
  // 32 bits of 2/π from bit k on, counted from the binary point.
  g_inverse_bits: `uint g_inverse_bits(int k) {
  const uint words[8] = uint[8](0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  int w = (k + 32) >> 5;
  int s = (k + 32) & 31;
  return s == 0 ? words[w] : (words[w] << s) | (words[w + 1] >> (32 - s));
}`,
  g_mulhi: `uint g_mulhi(uint a, uint b) {
  uint al = a & 0xffffu;
  uint ah = a >> 16;
  uint bl = b & 0xffffu;
  uint bh = b >> 16;
  uint mid = ah * bl + ((al * bl) >> 16);
  uint mid2 = al * bh + (mid & 0xffffu);
  return ah * bh + (mid >> 16) + (mid2 >> 16);
}`,
  // r, and n modulo 4 as a float.
  g_quarters: `vec2 g_quarters(float x) {
  float a = abs(x);
  if (a < 4096.0) {
    float n = floor(a * 0.636619772 + 0.5);
    float r = ((a - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.54978995489188e-8;
    return vec2(r, float(int(n) & 3));
  }
  int bits = floatBitsToInt(a);
  uint m = uint(bits & 0x7fffff) | 0x800000u;
  int k = ((bits >> 23) - 150) - 2; // bits before it contribute multiples of 4
  uint w0 = g_inverse_bits(k);
  uint w1 = g_inverse_bits(k + 32);
  uint w2 = g_inverse_bits(k + 64);
  uint mid = m * w1;
  uint carried = mid + g_mulhi(m, w2);
  uint high = m * w0 + g_mulhi(m, w1) + (carried < mid ? 1u : 0u);
  uint n = high >> 30;
  int fraction = int((high << 2) | (carried >> 30));
  if (fraction < 0) n++;
  float r = (float(fraction) + float(carried << 2) * 2.3283064e-10) * 2.3283064e-10;
  return vec2(r * 1.57079633, float(n & 3u));
}`,
  g_sin_near: `float g_sin_near(float r) {
  float z = r * r;
  return r + r * z * (${polynomial("z", sine)});
}`,
  g_cos_near: `float g_cos_near(float r) {
  float z = r * r;
  return (1.0 - 0.5 * z) + z * z * (${polynomial("z", cosine)});
}`,
  g_sin: `float g_sin(float x) {
  if (isnan(x) || isinf(x)) return uintBitsToFloat(0x7fc00000u);
  vec2 q = g_quarters(x);
  int n = int(q.y);
  float v = (n & 1) == 1 ? g_cos_near(q.x) : g_sin_near(q.x);
  if ((n & 2) == 2) v = -v;
  return x == 0.0 ? x : x < 0.0 ? -v : v;
}`,
  g_cos: `float g_cos(float x) {
  if (isnan(x) || isinf(x)) return uintBitsToFloat(0x7fc00000u);
  vec2 q = g_quarters(x);
  int n = int(q.y);
  float v = (n & 1) == 1 ? g_sin_near(q.x) : g_cos_near(q.x);
  return n == 1 || n == 2 ? -v : v;
}`,
  g_tan: `float g_tan(float x) {
  if (isnan(x) || isinf(x)) return uintBitsToFloat(0x7fc00000u);
  vec2 q = g_quarters(x);
  float s = g_sin_near(q.x);
  float c = g_cos_near(q.x);
  float v = (int(q.y) & 1) == 1 ? -c / s : s / c;
  return x == 0.0 ? x : x < 0.0 ? -v : v;
}`,
};
