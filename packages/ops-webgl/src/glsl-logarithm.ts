// Logarithms of float32 and what follows from them. x = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2, and ln(1 + f) = f − f²/2 + f³·P(f) with P
// minimax (Remez). Devices take subnormal numbers for 0, and so do these.

import { polynomial } from "./glsl-source.js";

const p7 = [
  -0.07634765384046402, 0.12761735990619677, -0.13160151385378693, 0.1420173097709642, -0.16623357783093176, 0.20001228302062005, -0.2500082106245609,
  0.33333331683612644,
];

const nan = "uintBitsToFloat(0x7fc00000u)";
const infinity = "uintBitsToFloat(0x7f800000u)";
const atEnds = (value: string): string => `isnan(x) ? x : x < 0.0 ? ${nan} : x == 0.0 ? -${infinity} : isinf(x) ? x : ${value}`;

export const logarithms: Readonly<Record<string, string>> = {
  // e, f, and what ln(1 + f) is beyond f.
  g_log_parts: `vec3 g_log_parts(float x) {
  int bits = floatBitsToInt(x);
  int n = (bits - 0x3f3504f3) >> 23;
  float f = intBitsToFloat(bits - (n << 23)) - 1.0;
  float z = f * f;
  return vec3(float(n), f, f * z * (${polynomial("f", p7)}) - 0.5 * z);
}`,
  // ln 2 in two parts, the first of which times e is exact.
  g_log: `float g_log(float x) {
  vec3 p = g_log_parts(x);
  return ${atEnds("p.x * 0.693359375 + (p.y + (p.z - p.x * 2.12194440e-4))")};
}`,
  // log₂ e = 1.5 − 0.0573…: f·1.5 is nearly exact
  g_log2: `float g_log2(float x) {
  vec3 p = g_log_parts(x);
  return ${atEnds("p.x + (p.y + p.z) * 1.44269504")};
}`,
  // By f = x itself where 1 + x would lose digits of it. (Devices take u − 1 − x, which is what 1 + x lost, for 0.)
  g_log1p: `float g_log1p(float x) {
  if (x > -0.29289 && x < 0.41421) {
    float z = x * x;
    return x == 0.0 ? x : x + (x * z * (${polynomial("x", p7)}) - 0.5 * z);
  }
  return g_log(1.0 + x);
}`,
  // |x|^y = 2^(y·log₂ |x|), negative for a negative x and an odd y; log₂ and the product as sums of two floats
  g_pow: `float g_pow(float x, float y) {
  if (x == 1.0 || y == 0.0 || (x == -1.0 && isinf(y))) return 1.0;
  if (isnan(x) || isnan(y)) return x + y;
  bool whole = floor(y) == y;
  if (x < 0.0 && !whole && !isinf(x)) return ${nan};
  bool odd = whole && abs(y) < 16777216.0 && floor(0.5 * y) * 2.0 != y;
  float a = abs(x);
  float size;
  if (a == 0.0 || isinf(a)) size = (a == 0.0) == (y > 0.0) ? 0.0 : ${infinity};
  else if (isinf(y)) size = (a > 1.0) == (y > 0.0) ? ${infinity} : 0.0;
  else {
    vec3 p = g_log_parts(a);
    y = clamp(y, -1.0e10, 1.0e10);
    // The leading 12 bits of everything multiply exactly.
    float fh = uintBitsToFloat(floatBitsToUint(p.y) & 0xfffff000u);
    float yh = uintBitsToFloat(floatBitsToUint(y) & 0xfffff000u);
    float yl = y - yh;
    float log2low = ((p.y - fh) + p.z) * 1.44269504 + fh * 3.12228389e-4;
    float hi = fh * 1.4423828125;
    float hh = uintBitsToFloat(floatBitsToUint(hi) & 0xfffff000u);
    float rest = log2low + (hi - hh);
    float whole1 = yh * p.x;
    float part1 = yh * hh;
    float low = y * rest + yl * (p.x + hh);
    float n = floor(whole1 + part1 + low + 0.5);
    n = clamp(n, -300.0, 300.0);
    float r = clamp(((whole1 - n) + part1) + low, -1.0, 1.0);
    size = g_scale(g_exp2(r), int(clamp(n, -250.0, 250.0)));
    float all = whole1 + part1 + low;
    size = all > 129.0 ? ${infinity} : all < -150.0 ? 0.0 : size;
  }
  return odd ? g_sign_of(size, x) : size;
}`,
  // 2^(log₂ |x|/3), and one of Newton's steps
  g_cbrt: `float g_cbrt(float x) {
  float a = abs(x);
  if (isnan(x) || isinf(x) || a == 0.0) return x;
  float r = g_exp2(g_log2(a) * 0.33333333);
  return g_sign_of(r - (r - a / (r * r)) * 0.33333333, x);
}`,
  // arsinh x = ln(1 + a + a²/(1 + √(1 + a²)))
  g_asinh: `float g_asinh(float x) {
  float a = abs(x);
  if (isnan(x) || isinf(x)) return x;
  return g_sign_of(a > 1.0e6 ? g_log(a) + 0.69314718 : g_log1p(a + a * a / (1.0 + sqrt(1.0 + a * a))), x);
}`,
  // arcosh x = ln(1 + t + √(2t + t²)) with t = x − 1
  g_acosh: `float g_acosh(float x) {
  float t = x - 1.0;
  if (isnan(x) || x < 1.0) return isnan(x) ? x : ${nan};
  return x > 1.0e6 ? g_log(x) + 0.69314718 : g_log1p(t + sqrt(2.0 * t + t * t));
}`,
  // artanh x = ½ ln(1 + 2x/(1 − x))
  g_atanh: `float g_atanh(float x) {
  float a = abs(x);
  if (isnan(x) || a > 1.0) return isnan(x) ? x : ${nan};
  return g_sign_of(a == 1.0 ? ${infinity} : 0.5 * g_log1p(2.0 * a / (1.0 - a)), x);
}`,
};
