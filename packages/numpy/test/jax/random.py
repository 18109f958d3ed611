"""Random numbers of JAX for a few keys, for random-jax.test.ts.

    python3 random.py > random.json
"""

import sys

sys.path = [p for p in sys.path if p not in ("", sys.path[0])]  # this file must not stand for the module random

import json

import jax
import jax.numpy as jnp

jax.config.update("jax_platforms", "cpu")


def rows(seed):
    key = jax.random.key(seed)
    data = lambda k: jax.random.key_data(k).tolist()
    logits = jnp.array([0.1, 1.5, -0.7, 0.0])
    return {
        "seed": seed,
        "key": data(key),
        "split": data(jax.random.split(key, 3)),
        "foldIn": data(jax.random.fold_in(key, 7)),
        "bits": jax.random.bits(key, (7,)).tolist(),
        "bits2d": jax.random.bits(key, (2, 3)).tolist(),
        "uniform": jax.random.uniform(key, (5,)).tolist(),
        "uniformRange": jax.random.uniform(key, (4,), minval=-2.0, maxval=3.0).tolist(),
        "scalar": jax.random.uniform(key).item(),
        "normal": jax.random.normal(key, (6,)).tolist(),
        "bernoulli": jax.random.bernoulli(key, 0.3, (9,)).tolist(),
        "exponential": jax.random.exponential(key, (4,)).tolist(),
        "gumbel": jax.random.gumbel(key, (4,)).tolist(),
        "categorical": jax.random.categorical(key, logits, shape=(8,)).tolist(),
        "permutation": jax.random.permutation(key, 12).tolist(),
    } | more(key)


def more(key):
    """What goes beyond the basic numbers; of dtype float32 where it is a float."""
    r = jax.random
    table = jnp.arange(12.0).reshape(3, 4)
    p = jnp.array([0.1, 0.2, 0.3, 0.4])
    values = {
        "randint": r.randint(key, (6,), -5, 17, jnp.int32),
        "randint of a wide range": r.randint(key, (4,), -(2**31), 2**31 - 1, jnp.int32),
        "randint, unsigned": r.randint(key, (4,), jnp.uint32(3), jnp.uint32(4000000000), jnp.uint32),
        "randint of nothing": r.randint(key, (2,), 7, 7, jnp.int32),
        "randint of bounds": r.randint(key, (3,), jnp.array([0, 10, 100]), jnp.array([5, 20, 1000]), jnp.int32),
        "rademacher": r.rademacher(key, (8,), jnp.int32),
        "permutation of an array": r.permutation(key, table, axis=1),
        "permutation, independent": r.permutation(key, table, axis=1, independent=True),
        "choice": r.choice(key, 10, (5,)),
        "choice of an array": r.choice(key, table, (2, 2), axis=1),
        "choice without putting back": r.choice(key, 10, (2, 3), replace=False),
        "choice of an array without putting back": r.choice(key, table, (2,), replace=False, axis=1),
        "choice by probabilities": r.choice(key, 4, (7,), p=p),
        "choice by probabilities without putting back": r.choice(key, 4, (3,), replace=False, p=p),
        "categorical of a shape": r.categorical(key, jnp.array([[0.1, 1.5, -0.7], [0.0, 0.2, 0.1]]), axis=1, shape=(3, 2)),
        "categorical on axis 0": r.categorical(key, jnp.array([[0.1, 1.5, -0.7], [0.0, 0.2, 0.1]]), axis=0),
        # Its signs come from float32 numbers here, and from float64 ones if those are enabled.
        "doubleSidedMaxwell": r.double_sided_maxwell(key, 1.0, 2.0, (5,), jnp.float32),
        "generalizedNormal": r.generalized_normal(key, 1.5, (5,), jnp.float32),
        "ball": r.ball(key, 3, 2.0, (4,), jnp.float32),
        "poisson": r.poisson(key, 3.5, (9,), jnp.int32),
        "poisson of greater means": r.poisson(key, jnp.array([0.0, 2.0, 12.0, 400.0]), (3, 4), jnp.int32),
        "geometric": r.geometric(key, 0.3, (6,), jnp.int32),
    }
    return {k: v.tolist() for k, v in (values | floats(key, jnp.float32)).items()}


def floats(key, dtype):
    r = jax.random
    mean, cov = jnp.array([1.0, -2.0], dtype), jnp.array([[2.0, 0.5], [0.5, 1.0]], dtype)
    return {
        "uniform of bounds": r.uniform(key, (3,), dtype, jnp.array([0, 1, 2], dtype), jnp.array([1, 5, 9], dtype)),
        "laplace": r.laplace(key, (5,), dtype),
        "logistic": r.logistic(key, (5,), dtype),
        "cauchy": r.cauchy(key, (5,), dtype),
        "pareto": r.pareto(key, 2.5, (5,), dtype),
        "lognormal": r.lognormal(key, 0.7, (5,), dtype),
        "rayleigh": r.rayleigh(key, 2.0, (5,), dtype),
        "weibullMin": r.weibull_min(key, 2.0, 1.5, (5,), dtype),
        "triangular": r.triangular(key, -1.0, 0.5, 3.0, (6,), dtype),
        "wald": r.wald(key, 1.5, (6,), dtype),
        "maxwell": r.maxwell(key, (5,), dtype),
        "truncatedNormal": r.truncated_normal(key, -1.0, 2.0, (6,), dtype),
        "truncatedNormal of the tail": r.truncated_normal(key, jnp.array([1.0, 2.0], dtype), 3.0, (2,), dtype),
        "multivariateNormal": r.multivariate_normal(key, mean, cov, (3,), dtype),
        "orthogonal": r.orthogonal(key, 3, dtype=dtype),
        "gamma": r.gamma(key, jnp.array([0.1, 0.9, 1.0, 2.5, 30.0], dtype), (8, 5), dtype),
        "loggamma": r.loggamma(key, 0.01, (6,), dtype),
        "beta": r.beta(key, 0.5, 2.0, (6,), dtype),
        "dirichlet": r.dirichlet(key, jnp.array([0.3, 1.0, 4.0], dtype), (3,), dtype),
        "chisquare": r.chisquare(key, 3.0, shape=(6,), dtype=dtype),
        "f": r.f(key, 3.0, 5.0, shape=(6,), dtype=dtype),
        "t": r.t(key, 4.0, (6,), dtype),
        "orthogonal, wide": r.orthogonal(key, 2, (2,), dtype, 3),
    }


def rows64(seed):
    key = jax.random.key(seed)
    r, dtype = jax.random, jnp.float64
    values = {
        "uniform": r.uniform(key, (5,), dtype),
        "uniformRange": r.uniform(key, (4,), dtype, -2.0, 3.0),
        "normal": r.normal(key, (6,), dtype),
        "exponential": r.exponential(key, (4,), dtype),
        "gumbel": r.gumbel(key, (4,), dtype),
    }
    return {"seed": seed} | {k: v.tolist() for k, v in (values | floats(key, dtype)).items()}


seeds = (0, 1, 42, 2**31 + 5)
rows32 = [rows(s) for s in seeds]
jax.config.update("jax_enable_x64", True)
print(json.dumps({"jax": jax.__version__, "partitionable": bool(jax.config.jax_threefry_partitionable), "rows": rows32, "rows64": [rows64(s) for s in seeds]}))
