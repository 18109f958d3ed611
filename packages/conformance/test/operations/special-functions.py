"""Coefficients and reference values of the special functions, with mpmath (50 digits).

  python3 packages/conformance/test/operations/special-functions.py coefficients
  python3 packages/conformance/test/operations/special-functions.py table > packages/conformance/test/operations/special-functions.json

The first prints the coefficients of packages/ops/src/error-function.ts and gamma.ts, the second writes the test table.
"""
import json
import math
import random
import sys
from mpmath import bernoulli, chebyfit, digamma, erf, erfc, erfinv, exp, factorial, loggamma, mp, mpf, nstr, pi, polygamma, sqrt

mp.dps = 50


def coefficients():
    # erf(x)/x in u = x² on [0, 1/4]; (1 + 2x) exp(x²) erfc(x) in t = (x − 3)/(x + 3), x from 1/2 to 30.
    near = chebyfit(lambda u: erf(sqrt(u)) / sqrt(u) if u > 0 else 2 / sqrt(pi), [0, mpf(1) / 4], 9, error=True)
    x = lambda t: 3 * (1 + t) / (1 - t)
    scaled = lambda x: (1 + 2 * x) * exp(x * x) * erfc(x)
    tail = chebyfit(lambda t: scaled(x(t)), [mpf(-5) / 7, mpf(9) / 11], 23, error=True)
    for name, (c, error) in (("near", near), ("tail", tail)):
        print(name, "error", nstr(error, 3), [float(a) for a in c])
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
    out = {name: [[x, float(f(mpf(x)))] for x in xs] for name, (f, xs) in rows.items()}
    print("{" + ",\n".join(json.dumps(n) + ": [" + ",\n".join(json.dumps(p) for p in ps) + "]" for n, ps in out.items()) + "}")


{"coefficients": coefficients, "table": table}[sys.argv[1]]()
