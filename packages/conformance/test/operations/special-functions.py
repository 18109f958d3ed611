"""Coefficients and reference values of the special functions, with mpmath (50 digits).

  python3 packages/conformance/test/operations/special-functions.py coefficients
  python3 packages/conformance/test/operations/special-functions.py table > packages/conformance/test/operations/special-functions.json

The first prints the coefficients of packages/ops/src/error-function.ts, gamma.ts and bessel.ts and of
packages/ops-cpu/src/incomplete-gamma.ts, the second writes the test table.
"""
import json
import math
import random
import sys
from mpmath import bernoulli, besseli, betainc, chebyfit, digamma, erf, erfc, erfinv, euler, exp, factorial, gammainc, inf, log, log1p, loggamma, mp, mpf, nstr, nsum, pi, polygamma, quad, re, sqrt, zeta

mp.dps = 50


def coefficients():
    # erf(x)/x in u = x² on [0, 1/4]; (1 + 2x) exp(x²) erfc(x) in t = (x − 3)/(x + 3), x from 1/2 to 30.
    near = chebyfit(lambda u: erf(sqrt(u)) / sqrt(u) if u > 0 else 2 / sqrt(pi), [0, mpf(1) / 4], 9, error=True)
    x = lambda t: 3 * (1 + t) / (1 - t)
    scaled = lambda x: (1 + 2 * x) * exp(x * x) * erfc(x)
    tail = chebyfit(lambda t: scaled(x(t)), [mpf(-5) / 7, mpf(9) / 11], 23, error=True)
    for name, (c, error) in (("near", near), ("tail", tail)):
        print(name, "error", nstr(error, 3), [float(a) for a in c])
    # √x exp(−x) I(x) in t = 16/x − 1, x from 8 on.
    bessel = lambda n: chebyfit(lambda t: (lambda x: sqrt(x) * exp(-x) * besseli(n, x))(16 / (t + 1)) if t > -1 else 1 / sqrt(2 * pi), [-1, 1], 24, error=True)
    for n in (0, 1):
        c, error = bessel(n)
        print("bessel", n, "error", nstr(error, 3), [float(a) for a in c])
    print("1 - euler", float(1 - euler), "(-1)^k (zeta(k) - 1)/k", [float((-1) ** k * (zeta(k) - 1) / k) for k in range(2, 26)])
    ks = range(11, 0, -1)
    print("stirling", [float(bernoulli(2 * k) / (2 * k * (2 * k - 1))) for k in ks])
    print("digamma", [float(bernoulli(2 * k) / (2 * k)) for k in ks])
    print("bernoulli/(2k)!", [float(bernoulli(2 * k) / factorial(2 * k)) for k in range(20, 0, -1)])


def f32(x):
    import struct

    return struct.unpack("f", struct.pack("f", x))[0]


def table():
    rng = random.Random(7)
    span = lambda lo, hi, n: [f32(lo + (hi - lo) * rng.random()) for _ in range(n)]
    powers = lambda lo, hi, n: [f32(2 ** (lo + (hi - lo) * rng.random())) for _ in range(n)]
    both = lambda xs: [s * x for x in xs for s in (1, -1)]
    lg = lambda x: loggamma(x).real
    rows = {
        "erf": (erf, both(powers(-40, 3, 60)) + span(-4, 4, 60)),
        "erfc": (erfc, both(powers(-40, 3, 40)) + span(-6, 9, 80) + [9.125, 9.1875, 13.0, 20.0, 26.0]),
        "erfInv": (erfinv, span(-1, 1, 80) + both([f32(1 - x) for x in powers(-24, -2, 30)]) + both(powers(-40, 0, 30))),
        "lgamma": (lg, powers(-60, 100, 80) + span(0, 20, 80) + span(0.99, 1.01, 10) + span(1.99, 2.01, 10) + span(-20, 0, 80)),
        "digamma": (digamma, powers(-60, 100, 80) + span(0, 20, 80) + span(1.4, 1.5, 10) + span(-20, 0, 60)),
        "trigamma": (lambda x: polygamma(1, x), powers(-40, 60, 60) + span(0, 20, 60) + span(-20, 0, 60)),
        "polygamma 2": (lambda x: polygamma(2, x), powers(-20, 30, 30) + span(0, 20, 30) + span(-8, 0, 30)),
        "polygamma 5": (lambda x: polygamma(5, x), powers(-15, 15, 30) + span(0, 20, 30) + span(-8, 0, 30)),
    }
    near = lambda c, rel: f32(c * (1 + rel * (2 * rng.random() - 1)))
    gammas = [(f32(a), f32(a * r)) for a in (1e-20, 1e-3, 0.1, 0.4, 0.9, 1, 1.7, 3, 7.5, 12, 40, 150, 900) for r in (1e-3, 0.1, 0.5, 0.9, 1, 1.1, 1.5, 3)]
    gammas += [(f32(a), f32(x)) for a in (1e-20, 1e-3, 0.1, 0.5, 1, 3) for x in (1e-30, 1e-3, 0.2, 0.49, 0.51, 0.8, 1.05, 1.2, 3, 20, 70)]
    gammas += [(a, near(a, 8 / math.sqrt(a))) for a in (2e3, 3e4, 99999, 1e5, 3e6, 1e9) for _ in range(6)]
    betas = [(f32(a), f32(b), f32(x)) for a in (0.05, 0.5, 1, 2.5, 9, 60) for b in (0.05, 0.5, 1, 3, 20) for x in (1e-6, 0.1, 0.4, 0.7, 0.97)]
    betas += [(a, b, min(near(a / (a + b), 3 / math.sqrt(min(a, b)) * b / (a + b)), f32(1 - 1e-6))) for a, b in ((300, 500), (5e3, 200), (4e4, 9e4), (1e6, 3e3)) for _ in range(5)]
    zetas = [(f32(s), f32(q)) for s in (1.001, 1.5, 2, 3.3, 7, 25, 90) for q in (1e-3, 0.3, 1, 1.5, 4, 13.5, 200, 1e6)]
    zetas += [(s, f32(q)) for s in (2, 3, 6) for q in (-0.3, -1.5, -7.25, -20.7)]
    # Where mpmath's series do not converge: the densities, integrated from 40 standard deviations below the mean.
    def lower(density, mean, deviation, x):
        return quad(density, [mpf(0)] * (mean < 40 * deviation) + [p for p in (mean + k * deviation for k in range(-40, 41, 2)) if 0 < p < x] + [x])

    def gamma_lower(a, x):
        return gammainc(a, 0, x, regularized=True) if a < 1000 else lower(lambda t: exp((a - 1) * log(t) - t - loggamma(a)), a, sqrt(a), x)

    def beta_lower(a, b, x):
        if max(a, b) < 100:
            return betainc(a, b, 0, x, regularized=True)
        scale = loggamma(a + b) - loggamma(a) - loggamma(b)
        return lower(lambda t: exp((a - 1) * log(t) + (b - 1) * log1p(-t) + scale), a / (a + b), sqrt(a * b / (a + b) ** 3), x)

    def hurwitz(s, q):
        if q < 0:
            return nsum(lambda n: (q + n) ** -s, [0, inf])
        with mp.workdps(400):  # mpmath subtracts what comes before q
            return zeta(s, q)

    several = {
        "igamma": (gamma_lower, gammas),
        "igammac": (lambda a, x: gammainc(a, x, regularized=True) if a < 1000 else 1 - gamma_lower(a, x), gammas),
        "betainc": (beta_lower, betas),
        "zeta": (hurwitz, zetas),
    }
    rows["besselI0e"] = (lambda x: exp(-abs(x)) * besseli(0, x), both(powers(-30, 20, 60) + span(0, 20, 30)))
    rows["besselI1e"] = (lambda x: exp(-abs(x)) * besseli(1, x), both(powers(-30, 20, 60) + span(0, 20, 30)))
    out = {name: [[x, float(f(mpf(x)))] for x in xs] for name, (f, xs) in rows.items()}
    out |= {name: [[*xs, float(re(f(*map(mpf, xs))))] for xs in points] for name, (f, points) in several.items()}
    print("{" + ",\n".join(json.dumps(n) + ": [" + ",\n".join(json.dumps(p) for p in ps) + "]" for n, ps in out.items()) + "}")


{"coefficients": coefficients, "table": table}[sys.argv[1]]()
