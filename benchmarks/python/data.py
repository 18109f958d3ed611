"""The numbers that every library is given: the formulas of ../src/inputs.ts and ../src/models/data.ts."""

import numpy as np

POINT = 0.5


def ramp(size):
    return (-3 + 6 * np.arange(size) / (size - 1)).astype(np.float32)


def fractions(size):
    return (np.arange(size) / size).astype(np.float32)


def matrix(size, seed):
    return np.sin(seed + 1.7 * np.arange(size * size)).astype(np.float32).reshape(size, size)


def shuffled(size):
    return (np.arange(size) * 7919 % 100003).astype(np.float32)


def line():
    return matrix(317, 1).ravel()[:100000].copy()


def table():
    return matrix(800, 1).reshape(10000, 64)


def places():
    return np.arange(100000, dtype=np.int32) * 7919 % 10000


def spread(shape, seed, scale=1.0):
    i = np.arange(int(np.prod(shape)), dtype=np.float64)
    return (scale * np.sin(seed + 1.7 * i + 0.0013 * i * (i % 89))).astype(np.float32).reshape(shape)


def one_hot(rows, classes):
    out = np.zeros((rows, classes), np.float32)
    out[np.arange(rows), 7 * np.arange(rows) % classes] = 1
    return out


def parameters(**leaves):
    """For each name (seed, shape) or (seed, shape, scale): the values, and the direction along which gradients are compared."""

    def values(seed, shape, scale=None):
        return spread(shape, seed, 1.5 / np.sqrt(shape[0]) if scale is None else scale)

    return {k: values(*v) for k, v in leaves.items()}, {k: spread(v[1], v[0] + 0.5) for k, v in leaves.items()}


MLP = (
    spread((128, 784), 1),
    one_hot(128, 10),
    parameters(w1=(2, (784, 512)), b1=(3, (512,), 0.1), w2=(4, (512, 256)), b2=(5, (256,), 0.1), w3=(6, (256, 10)), b3=(7, (10,), 0.1)),
)
CNN = (
    spread((32, 28, 28, 1), 41),
    one_hot(32, 10),
    parameters(k1=(42, (3, 3, 1, 32), 0.4), k2=(43, (3, 3, 32, 64), 0.08), w3=(44, (14 * 14 * 64, 128)), b3=(45, (128,), 0.1), w4=(46, (128, 10)), b4=(47, (10,), 0.1)),
)
BLOCK = (
    spread((4, 64, 128), 11),
    spread((4, 64, 128), 12),
    parameters(wq=(13, (128, 128)), wk=(14, (128, 128)), wv=(15, (128, 128)), wo=(16, (128, 128)), w1=(17, (128, 512)), w2=(18, (512, 128))),
)
EXAMPLES = (spread((128, 64), 21), spread((128,), 22), parameters(w1=(23, (64, 64)), b1=(24, (64,), 0.1), w2=(25, (64,))))
RNN = (spread((50, 16, 64), 31), spread((16, 64), 32), parameters(wx=(33, (64, 64), 0.05), wh=(34, (64, 64)), b=(35, (64,), 0.1)))
