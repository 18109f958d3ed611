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
    }


print(json.dumps({"jax": jax.__version__, "partitionable": bool(jax.config.jax_threefry_partitionable), "rows": [rows(s) for s in (0, 1, 42, 2**31 + 5)]}))
