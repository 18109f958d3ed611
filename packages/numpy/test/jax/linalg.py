"""Values and derivatives of JAX's linear algebra, for linalg-jax.test.ts.

    python3 linalg.py > linalg.json

Made with JAX on the CPU in float64. Signs of vectors are free, so their squares are compared; the signs of qr are LAPACK's.
"""

import json

import jax
import jax.numpy as jnp
from jax.lax import linalg

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)

SQUARE = [[2.0, 1.0, 0.0], [4.0, 3.0, 1.0], [1.0, 5.0, 2.0]]
TALL = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]
WIDE = [[1.0, 3.0, 5.0], [2.0, 4.0, 6.5]]
SYMMETRIC = [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 1.0]]
FOUR = [[1.0, 1.0, 2.0, 3.0], [4.0, 6.0, 6.0, 7.0], [8.0, 9.0, 11.0, 11.0], [1.0, 1.0, 2.0, 4.0]]


def squares(xs):
    return [x * x for x in xs]


CASES = {
    "cholesky": (linalg.cholesky, [SYMMETRIC]),
    "lu": (lambda x: linalg.lu(x)[0], [SQUARE, TALL, WIDE]),
    "qr": (lambda x: list(linalg.qr(x, full_matrices=False)), [SQUARE, TALL, WIDE]),
    "qr, full": (lambda x: list(linalg.qr(x)), [TALL, WIDE]),
    "eigh": (lambda x: squares(linalg.eigh(x)), [SYMMETRIC]),
    "svd": (lambda x: squares(linalg.svd(x, full_matrices=False)), [SQUARE, TALL, WIDE]),
    "triangularSolve": (lambda x: linalg.triangular_solve(x, x, left_side=False, lower=True), [SQUARE]),
    "solve": (lambda x: jnp.linalg.solve(x, jnp.arange(1.0, x.shape[0] + 1)), [SQUARE, FOUR]),
    "det": (jnp.linalg.det, [SQUARE, FOUR]),
    "slogdet": (lambda x: list(jnp.linalg.slogdet(x)), [SQUARE, FOUR]),
    "pinv": (jnp.linalg.pinv, [SQUARE, TALL, WIDE]),
    "nuclear norm": (lambda x: jnp.linalg.norm(x, "nuc"), [TALL]),
    "cond": (lambda x: jnp.linalg.cond(x), [TALL]),
    "expm": (jax.scipy.linalg.expm, [SQUARE, SYMMETRIC]),
}


def lists(tree):
    return [x.tolist() for x in jax.tree.leaves(tree)]


print(json.dumps({
    "jax": jax.__version__,
    "cases": [{"name": name, "x": x, "values": lists(f(jnp.array(x))), "jacobians": lists(jax.jacobian(f)(jnp.array(x)))} for name, (f, xs) in CASES.items() for x in xs],
}))
