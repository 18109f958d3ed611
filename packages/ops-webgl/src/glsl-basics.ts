// Conversions, integers, rounding and extrema, with the values at NaN, ±∞ and −0 that JavaScript gives. Order matters: callees first.

export const basics: Readonly<Record<string, string>> = {
  g_sign_of: `float g_sign_of(float size, float x) {
  return uintBitsToFloat((floatBitsToUint(size) & 0x7fffffffu) | (floatBitsToUint(x) & 0x80000000u));
}`,
  // Truncated modulo 2³²; 0 for NaN and ±∞.
  g_wrap: `int g_wrap(float x) {
  float t = trunc(x);
  float r = t - 4294967296.0 * floor(t * (1.0 / 4294967296.0) + 0.5);
  if (!(abs(x) <= 3.4028234e38)) return 0;
  return r >= 2147483648.0 ? int(0x80000000u) : int(r);
}`,
  // Of magnitudes, so that nothing depends on how a device rounds quotients of negative numbers.
  g_idiv: `uint g_idiv(uint x, uint y) { return y == 0u ? 0xffffffffu : x / y; }
int g_idiv(int x, int y) {
  if (y == 0) return -1;
  uint q = (x < 0 ? 0u - uint(x) : uint(x)) / (y < 0 ? 0u - uint(y) : uint(y));
  return (x < 0) != (y < 0) ? int(0u - q) : int(q);
}`,
  g_irem: `uint g_irem(uint x, uint y) { return y == 0u ? x : x % y; }
int g_irem(int x, int y) { return y == 0 ? x : x - y * g_idiv(x, y); }`,
  // Negative powers are 0, but for the bases 1 and −1.
  g_ipow: `uint g_ipow(uint x, uint y) {
  uint p = 1u;
  for (int i = 0; i < 32 && y != 0u; i++) {
    if ((y & 1u) == 1u) p *= x;
    x *= x;
    y >>= 1;
  }
  return p;
}
int g_ipow(int x, int y) {
  if (y < 0 && x != 1 && x != -1) return 0;
  return int(g_ipow(uint(x), y < 0 ? uint(y & 1) : uint(y)));
}`,
  g_shl: `uint g_shl(uint x, uint n) { return n > 31u ? 0u : x << n; }
int g_shl(int x, int n) { return uint(n) > 31u ? 0 : x << n; }`,
  g_shr: `uint g_shr(uint x, uint n) { return n > 31u ? 0u : x >> n; }
int g_shr(int x, int n) { return uint(n) > 31u ? 0 : int(uint(x) >> n); }`,
  g_sar: `int g_sar(int x, int n) { return x >> (uint(n) > 31u ? 31 : n); }
uint g_sar(uint x, uint n) { return uint(int(x) >> (n > 31u ? 31 : int(n))); }`,
  // NaN if either is; of zeros the one without, or with, a sign.
  g_max: `float g_max(float x, float y) { return isnan(x) || isnan(y) ? x + y : x > y ? x : y > x ? y : uintBitsToFloat(floatBitsToUint(x) & floatBitsToUint(y)); }
vec4 g_max(vec4 x, vec4 y) {
  vec4 m = mix(mix(y, x, greaterThan(x, y)), uintBitsToFloat(floatBitsToUint(x) & floatBitsToUint(y)), equal(x, y));
  return mix(mix(m, x, isnan(x)), y, isnan(y));
}`,
  g_min: `float g_min(float x, float y) { return isnan(x) || isnan(y) ? x + y : x < y ? x : y < x ? y : uintBitsToFloat(floatBitsToUint(x) | floatBitsToUint(y)); }
vec4 g_min(vec4 x, vec4 y) {
  vec4 m = mix(mix(y, x, lessThan(x, y)), uintBitsToFloat(floatBitsToUint(x) | floatBitsToUint(y)), equal(x, y));
  return mix(mix(m, x, isnan(x)), y, isnan(y));
}`,
  g_sign: `float g_sign(float x) { return isnan(x) || x == 0.0 ? x : x > 0.0 ? 1.0 : -1.0; }`,
  g_ceil: `float g_ceil(float x) { return isnan(x) ? x : g_sign_of(ceil(x), x); }`,
  g_trunc: `float g_trunc(float x) { return isnan(x) ? x : g_sign_of(trunc(x), x); }`,
  g_round: `float g_round(float x) { return isnan(x) ? x : g_sign_of(roundEven(x), x); }`,
  g_sqrt: `float g_sqrt(float x) { return isnan(x) || x == 0.0 ? x : x < 0.0 ? uintBitsToFloat(0x7fc00000u) : isinf(x) ? x : sqrt(x); }`,
  // Exact: multiples of y by powers of two are taken off, each at most half of what is left.
  g_rem: `float g_rem(float x, float y) {
  float r = abs(x);
  float b = abs(y);
  if (isnan(x) || isnan(y) || isinf(x) || b == 0.0) return uintBitsToFloat(0x7fc00000u);
  if (isinf(y)) return x;
  for (int i = 0; i < 300 && r >= b; i++) {
    int n = (floatBitsToInt(r) >> 23) - (floatBitsToInt(b) >> 23);
    float t = intBitsToFloat(floatBitsToInt(b) + (n << 23));
    r -= t > r ? 0.5 * t : t;
  }
  return g_sign_of(r, x);
}`,
};
