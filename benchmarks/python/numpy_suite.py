"""NumPy: no derivatives and no compiler, so that rows called jit are what it does elsewhere."""

import numpy as np
from data import POINT, fractions, line, matrix, places, ramp, shuffled, table

version = np.__version__


def both(f):
    return (f, f)


def w1(x):
    return np.tanh(1.5 * x + np.float32(0.3)) * np.sin(x) + np.exp(-x * x)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def logsumexp(x):
    top = x.max(-1, keepdims=True)
    return (np.log(np.exp(x - top).sum(-1, keepdims=True)) + top)[..., 0]


def normalised(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(1e-5))


def suite():
    x, v = np.float32(POINT), ramp(10)
    n3, n5, n6, positive = ramp(1000), ramp(100000), ramp(1000000), fractions(1000000)
    s1024, s2048 = matrix(1024, 1), matrix(2048, 1)
    text, order, rows, at = line(), shuffled(100000), table(), places()
    out = {
        "sin, scalar": both(lambda: np.sin(x)),
        "add, scalar": both(lambda: x + x),
        "mul by a number": both(lambda: x * 2),
        "sin, length 10": both(lambda: np.sin(v)),
        "add, length 10": both(lambda: v + v),
        "sum, 1e6": both(lambda: positive.sum()),
        "softmax of rows, jit": both(lambda: softmax(s1024)),
        "logsumexp of rows, jit": both(lambda: logsumexp(s1024)),
        "normalised rows, jit": both(lambda: normalised(s1024)),
        "sum of all, jit": both(lambda: s2048.sum()),
        "sum along axis 0, jit": both(lambda: s2048.sum(0)),
        "sum along axis 1, jit": both(lambda: s2048.sum(1)),
        "max along axis 1, jit": both(lambda: s2048.max(1)),
        "transposed, doubled, jit": both(lambda: np.multiply(s2048.T, np.float32(2), order="C")),
        "cumsum, jit": both(lambda: text.cumsum()),
        "argsort, jit": both(lambda: order.argsort(kind="stable")),
        "rows gathered, jit": both(lambda: rows.take(at, 0)),
    }
    for name in ("W1", "W1 jit"):
        out |= {f"{name}, 1e3": both(lambda: w1(n3)), f"{name}, 1e5": both(lambda: w1(n5)), f"{name}, 1e6": both(lambda: w1(n6))}
    for size in (64, 256, 511, 512, 1024):
        a, b = matrix(size, 1), matrix(size, 2)
        out[f"matmul, {size}"] = both(lambda a=a, b=b: a @ b)
    a, b = matrix(512, 1), matrix(512, 2)
    out["matmul, 512, first transposed"] = both(lambda: a.T @ b)
    out["matmul, 512, second transposed"] = both(lambda: a @ b.T)
    return out
