"""First weights of jax.nn.initializers and values of jax.nn, for initialisers.test.ts: python3 initialisers.py > initialisers.json"""

import json

import jax
import jax.numpy as jnp

jax.config.update("jax_platforms", "cpu")
i, nn = jax.nn.initializers, jax.nn
key = jax.random.key(7)
makers = {
    "uniform": i.uniform(),
    "normal": i.normal(0.5),
    "truncatedNormal": i.truncated_normal(0.3, lower=-1.0, upper=1.5),
    "glorotUniform": i.glorot_uniform(),
    "glorotNormal": i.glorot_normal(),
    "heUniform": i.he_uniform(),
    "heNormal": i.he_normal(),
    "lecunUniform": i.lecun_uniform(),
    "lecunNormal": i.lecun_normal(),
    "varianceScaling, normal": i.variance_scaling(2.0, "fan_out", "normal"),
    "varianceScaling, geometric": i.variance_scaling(3.0, "fan_geo_avg", "uniform"),
    "glorotNormal of other axes": i.glorot_normal(in_axis=0, out_axis=1, batch_axis=2),
    "orthogonal": i.orthogonal(2.0),
    "orthogonal by rows": i.orthogonal(1.0, column_axis=0),
    "constant": i.constant(3.0),
    "zeros": i.zeros,
    "ones": i.ones,
}
x = jnp.array([-7.0, -3.0, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5, 3.0, 6.0])
table = jnp.array([[1.0, -2.0, 0.5, 4.0], [0.0, 0.3, -0.2, 9.0]])
values = {
    "celu": nn.celu(x, 0.7),
    "glu": nn.glu(table),
    "hardSigmoid": nn.hard_sigmoid(x),
    "hardSilu": nn.hard_silu(x),
    "mish": nn.mish(x),
    "squareplus": nn.squareplus(x, 2.0),
    "sparsePlus": nn.sparse_plus(x),
    "sparseSigmoid": nn.sparse_sigmoid(x),
    "log1mexp": nn.log1mexp(jnp.array([1e-6, 0.3, 0.7, 5.0, 40.0])),
    "logmeanexp": nn.logmeanexp(table, 1),
    "standardize": nn.standardize(table),
    "standardize of all": nn.standardize(table, (0, 1), epsilon=0.1),
}
print(json.dumps({"jax": jax.__version__, "x": x.tolist(), "table": table.tolist(), "weights": {k: f(key, (3, 2, 4)).tolist() for k, f in makers.items()}, "values": {k: v.tolist() for k, v in values.items()}}))
