"""Values and derivatives of JAX at ordinary and singular points, for jax.test.ts.

    python3 reference.py > reference.json

Made with JAX on the CPU in float64.
"""

import json
import math

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

INF, NAN = math.inf, math.nan
POINTS = [-INF, -1000.0, -2.5, -1.0, -0.5, -1e-8, -0.0, 0.0, 1e-8, 0.3, 0.5, 1.0, 1.5, 2.7, 1000.0, INF, NAN]

UNARY = {
    "neg": jnp.negative, "abs": jnp.abs, "sign": jnp.sign, "floor": jnp.floor, "ceil": jnp.ceil, "round": jnp.round, "trunc": jnp.trunc,
    "exp": jnp.exp, "exp2": jnp.exp2, "expm1": jnp.expm1, "log": jnp.log, "log2": jnp.log2, "log1p": jnp.log1p,
    "sqrt": jnp.sqrt, "rsqrt": lax.rsqrt, "cbrt": jnp.cbrt, "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan,
    "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan, "sinh": jnp.sinh, "cosh": jnp.cosh, "tanh": jnp.tanh,
    "asinh": jnp.arcsinh, "acosh": jnp.arccosh, "atanh": jnp.arctanh, "sigmoid": jax.nn.sigmoid,
}
PAIRS = [-INF, -2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 2.0, 2.7, INF, NAN]
BINARY = {
    "add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": jnp.divide, "rem": lax.rem, "pow": lax.pow,
    "max": jnp.maximum, "min": jnp.minimum, "atan2": jnp.arctan2,
}
POWERS = [-2, -1, 0, 1, 2, 3]
VECTORS = [[1.0, 3.0, 3.0, 2.0], [0.0, 2.0, 0.0, 3.0], [0.0, 2.0, 5.0, 3.0], [-1.0, -1.0, -1.0, -1.0], [1.0, NAN, 2.0, 0.0], [4.0, -INF, INF, 1.0]]
REDUCE = {"reduceSum": jnp.sum, "reduceProd": jnp.prod, "reduceMax": jnp.max, "reduceMin": jnp.min}


def plain(x):
    """A number that JSON can hold."""
    if isinstance(x, list):
        return [plain(v) for v in x]
    x = float(x)
    return "nan" if math.isnan(x) else "inf" if x == INF else "-inf" if x == -INF else "-0" if x == 0 and math.copysign(1, x) < 0 else x


def row(f, *args):
    """Value, gradient by each argument, second derivative by the first."""
    argnums = tuple(range(len(args)))
    value = f(*args)
    grads = jax.grad(lambda *a: f(*a).astype(float), argnums)(*args)
    second = jax.grad(jax.grad(lambda *a: f(*a).astype(float)))(*args)
    return [plain(value), [plain(g) for g in grads], plain(second)]


def vector(f, xs):
    """Value, gradient, and the gradient of the sum of the gradient times 1, 2, 3 …"""
    x = jnp.array(xs)
    w = jnp.arange(1.0, len(xs) + 1)
    return [plain(f(x)), plain(jax.grad(f)(x).tolist()), plain(jax.grad(lambda v: jnp.sum(jax.grad(f)(v) * w))(x).tolist())]


print(json.dumps({
    "jax": jax.__version__,
    "unary": {name: [[plain(x), *row(f, x)] for x in POINTS] for name, f in UNARY.items()},
    "binary": {name: [[plain(x), plain(y), *row(f, x, y)] for x in PAIRS for y in PAIRS] for name, f in BINARY.items()},
    "integerPow": [[n, plain(x), *row(lambda v: lax.integer_pow(v, n), x)] for n in POWERS for x in POINTS],
    "clamp": [[plain(x), *row(lambda lo, v, hi: lax.clamp(lo, v, hi), -1.0, x, 1.0)] for x in POINTS],
    "reduce": {name: [[plain(xs), *vector(f, xs)] for xs in VECTORS] for name, f in REDUCE.items()},
    "argmax": [[plain(xs), int(jnp.argmax(jnp.array(xs))), int(jnp.argmin(jnp.array(xs)))] for xs in VECTORS],
}, indent=None, separators=(",", ":")))
