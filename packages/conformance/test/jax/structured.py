"""Values and derivatives of JAX's structured operations, for structured-jax.test.ts.

    python3 structured.py > structured.json

Made with JAX on the CPU in float64. Operands are wave(shape, seed); cotangents are wave(shape, 9).
"""

import json

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)


def wave(shape, seed):
    n = 1
    for d in shape:
        n *= d
    return jnp.sin(jnp.arange(n) * 1.7 + seed).reshape(shape)


def rounded(x):
    return [float(f"{v:.13g}") for v in jnp.ravel(x).tolist()]


def row(f, operands, **attributes):
    """Shape and value of f, and its cotangents."""
    xs = [wave(shape, i + 1) for i, shape in enumerate(operands)]
    out, pullback = jax.vjp(f, *xs)
    return {"operands": operands, **attributes, "shape": list(out.shape), "out": rounded(out), "cotangents": [rounded(g) for g in pullback(wave(out.shape, 9))]}


def conv(lhs, rhs, strides, padding, lhs_dilation, rhs_dilation, layouts, features=1, batches=1):
    f = lambda x, k: lax.conv_general_dilated(x, k, strides, padding, lhs_dilation, rhs_dilation, layouts, features, batches)
    options = {"windowStrides": strides, "padding": padding, "lhsDilation": lhs_dilation, "rhsDilation": rhs_dilation, "dimensionNumbers": layouts, "featureGroupCount": features, "batchGroupCount": batches}
    return row(f, [lhs, rhs], options=options)


def transposed(lhs, rhs, strides, padding, rhs_dilation, layouts, kernel):
    f = lambda x, k: lax.conv_transpose(x, k, strides, padding, rhs_dilation, layouts, kernel)
    return row(f, [lhs, rhs], options={"strides": strides, "padding": padding, "rhsDilation": rhs_dilation, "dimensionNumbers": layouts, "transposeKernel": kernel})


def window(x, kind, size, strides, padding, base, dilation):
    init, f = {"sum": (0.0, lax.add), "max": (-jnp.inf, lax.max), "min": (jnp.inf, lax.min)}[kind]
    g = lambda v: lax.reduce_window(v, init, f, size, strides, padding, base, dilation)
    return row(g, [x], kind=kind, window=size, options={"strides": strides, "padding": padding, "baseDilation": base, "windowDilation": dilation})


NCHW, NHWC = ["NCHW", "OIHW", "NCHW"], ["NHWC", "HWIO", "NHWC"]
print(json.dumps({
    "jax": jax.__version__,
    "convGeneral": [
        conv([2, 3, 7, 6], [4, 3, 3, 2], [2, 1], "SAME", [1, 1], [1, 1], NCHW),
        conv([2, 3, 7, 6], [4, 3, 2, 2], [1, 2], "SAME_LOWER", [1, 1], [2, 1], NCHW),
        conv([2, 7, 6, 4], [3, 2, 2, 6], [2, 2], "VALID", [1, 1], [1, 2], NHWC, 2),
        conv([4, 5, 5, 3], [2, 2, 3, 4], [1, 1], [[-1, 2], [1, 0]], [2, 1], [1, 1], NHWC, 1, 2),
        conv([1, 6, 8], [6, 1, 3], [2], [[2, 1]], [3], [2], ["NCW", "OIW", "NCW"], 6),
        conv([5, 2, 6], [3, 4, 6], [1], "SAME", [1], [1], ["WNC", "WOI", "CWN"]),
        conv([1, 3, 4, 3, 2], [2, 2, 2, 2, 3], [1, 2, 1], "SAME", [1, 1, 1], [1, 1, 1], ["NDHWC", "DHWIO", "NDHWC"]),
    ],
    "convTranspose": [
        transposed([1, 4, 3, 2], [3, 2, 2, 3], [2, 3], "SAME", [1, 1], NHWC, False),
        transposed([1, 4, 3, 2], [3, 2, 3, 2], [2, 2], "VALID", [1, 2], NHWC, True),
        transposed([2, 2, 5], [3, 2, 4], [3], [[1, 2]], [1], ["NCW", "OIW", "NCW"], False),
    ],
    "reduceWindow": [
        window([5, 6], kind, [2, 3], strides, padding, base, dilation)
        for kind in ("sum", "max", "min")
        for strides, padding, base, dilation in (
            ([1, 2], "SAME", [1, 1], [1, 1]),
            ([2, 1], "VALID", [1, 1], [1, 1]),
            ([2, 2], [[1, 0], [2, 1]], [1, 1], [1, 1]),
        )
    ] + [window([5, 6], "sum", [2, 3], [1, 2], [[1, 0], [0, 2]], [2, 1], [1, 2])],
}, separators=(",", ":")))
