"""JAX on the CPU, one thread: eager, and compiled in the rows called jit."""

import jax
import jax.numpy as jnp
import numpy as np
from data import BLOCK, CNN, EXAMPLES, MLP, POINT, RNN, fractions, line, matrix, places, ramp, shuffled, table
from jax import grad, jit, jvp, lax, value_and_grad, vmap

version = jax.__version__
CHAIN = {"scalar": 25, "array": 5}


def both(f, *xs):
    return (lambda: jax.block_until_ready(f(*xs)), lambda: f(*xs))


def w1(x):
    return jnp.tanh(1.5 * x + 0.3) * jnp.sin(x) + jnp.exp(-x * x)


def chained(x, repetitions):
    y = x
    for _ in range(repetitions):
        y = jnp.cos(0.9 * (jnp.sin(y) + x))
    return y


def normalised(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5)


def mlp(p, x, y):
    h = jax.nn.relu(x @ p["w1"] + p["b1"])
    h = jax.nn.relu(h @ p["w2"] + p["b2"])
    return -jnp.sum(y * jax.nn.log_softmax(h @ p["w3"] + p["b3"])) / 128


def cnn(p, x, y):
    def convolved(x, k, stride):
        return jax.nn.relu(lax.conv_general_dilated(x, k, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")))

    features = convolved(convolved(x, p["k1"], 1), p["k2"], 2).reshape(32, -1)
    hidden = jax.nn.relu(features @ p["w3"] + p["b3"])
    return -jnp.sum(y * jax.nn.log_softmax(hidden @ p["w4"] + p["b4"])) / 32


def block(p, x, y):
    n = normalised(x)
    q, k, v = ((n @ p[w]).reshape(4, 64, 4, 32).transpose(0, 2, 1, 3) for w in ("wq", "wk", "wv"))
    mixed = (jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(32)), -1) @ v).transpose(0, 2, 1, 3).reshape(4, 64, 128)
    attended = x + mixed @ p["wo"]
    out = attended + jax.nn.relu(normalised(attended) @ p["w1"]) @ p["w2"]
    return jnp.mean(jnp.square(out - y))


def rnn(p, x, y):
    h, _ = lax.scan(lambda h, xt: (jnp.tanh(xt @ p["wx"] + h @ p["wh"] + p["b"]), None), jnp.zeros((16, 64)), x)
    return jnp.mean(jnp.square(h - y))


def example(p, x, y):
    return jnp.square(jnp.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] - y)


def rosenbrock(x):
    a, b = x[:-1], x[1:]
    return jnp.sum(100 * jnp.square(b - jnp.square(a)) + jnp.square(1 - a))


def along(directions, gradients):
    return sum(float(np.sum(np.asarray(gradients[k], np.float64) * d)) for k, d in directions.items())


def training(model, loss, rate=None):
    """An iteration eager and compiled; the value is the loss and the derivative along the directions."""
    x, y, (p, directions) = model
    x, y, p = jax.device_put((x, y, p))
    gradient = value_and_grad(loss)

    def step(p, x, y):
        value, g = gradient(p, x, y)
        return (value, g) if rate is None else (value, jax.tree.map(lambda a, b: a - rate * b, p, g))

    def check(f):
        value, g = f(p, x, y)
        return [float(value), along(directions, g)]

    compiled = jit(step)
    return (
        (lambda: jax.block_until_ready(step(p, x, y)), lambda: check(gradient)),
        (lambda: jax.block_until_ready(compiled(p, x, y)), lambda: check(jit(gradient))),
    )


def examples():
    x, y, (p, directions) = EXAMPLES
    x, y, p = jax.device_put((x, y, p))
    weights = np.cos(np.arange(128))
    f = jit(vmap(grad(example), (None, 0, 0)))

    def check():
        losses = np.asarray(vmap(example, (None, 0, 0))(p, x, y), np.float64)
        gradients = {k: np.tensordot(weights, np.asarray(g, np.float64), 1) for k, g in f(p, x, y).items()}
        return [float(losses @ weights), along(directions, gradients)]

    return (lambda: jax.block_until_ready(f(p, x, y)), check)


def suite():
    put = jax.device_put
    x, v = put(np.float32(POINT)), put(ramp(10))
    sizes = {"1e3": put(ramp(1000)), "1e5": put(ramp(100000)), "1e6": put(ramp(1000000))}
    s1024, s2048 = put(matrix(1024, 1)), put(matrix(2048, 1))

    def product(x):
        return jnp.sin(x) * jnp.cos(x)

    d = grad(product)
    (mlp_eager, mlp_jit), (_, cnn_jit), (block_eager, block_jit), (rnn_eager, rnn_jit) = training(MLP, mlp, 0.1), training(CNN, cnn, 0.1), training(BLOCK, block), training(RNN, rnn)
    many = {k: x for k in "abcdef"}
    out = {
        "sin, scalar": both(jnp.sin, x),
        "add, scalar": both(jnp.add, x, x),
        "mul by a number": both(lambda x: x * 2, x),
        "sin, length 10": both(jnp.sin, v),
        "add, length 10": both(jnp.add, v, v),
        "jvp of sin·cos": both(lambda x: jvp(product, (x,), (jnp.ones_like(x),))[1], x),
        "grad of sin·cos": both(d, x),
        "second derivative of sin·cos": both(grad(d), x),
        "third derivative of x·sin x": both(grad(grad(grad(lambda x: x * jnp.sin(x)))), x),
        "grad of a chain, scalar": both(grad(lambda x: chained(x, CHAIN["scalar"])), x),
        "grad of a chain, length 10": both(grad(lambda x: jnp.sum(chained(x, CHAIN["array"]))), v),
        "jit call, scalar": both(jit(jnp.sin), x),
        "jit call, 7 leaves": both(jit(lambda d, y: d["a"] * y), many, x),
        "jit of grad of sin·cos": both(jit(d), x),
        "sum, 1e6": both(jnp.sum, put(fractions(1000000))),
        "MLP step": mlp_eager,
        "MLP step, jit": mlp_jit,
        "CNN step, jit": cnn_jit,
        "transformer block": block_eager,
        "transformer block, jit": block_jit,
        "RNN": rnn_eager,
        "RNN, jit": rnn_jit,
        "Hessian of Rosenbrock, 32, jit": both(jit(jax.hessian(rosenbrock)), put(ramp(32))),
        "Hessian of Rosenbrock, 100, jit": both(jit(jax.hessian(rosenbrock)), put(ramp(100))),
        "gradients of examples, jit": examples(),
        "softmax of rows, jit": both(jit(jax.nn.softmax), s1024),
        "logsumexp of rows, jit": both(jit(lambda x: jax.nn.logsumexp(x, -1)), s1024),
        "normalised rows, jit": both(jit(normalised), s1024),
        "sum of all, jit": both(jit(jnp.sum), s2048),
        "sum along axis 0, jit": both(jit(lambda x: x.sum(0)), s2048),
        "sum along axis 1, jit": both(jit(lambda x: x.sum(1)), s2048),
        "max along axis 1, jit": both(jit(lambda x: x.max(1)), s2048),
        "transposed, doubled, jit": both(jit(lambda x: 2 * x.T), s2048),
        "cumsum, jit": both(jit(jnp.cumsum), put(line())),
        "argsort, jit": both(jit(jnp.argsort), put(shuffled(100000))),
        "rows gathered, jit": both(jit(lambda x, i: jnp.take(x, i, 0)), put(table()), put(places())),
    }
    for size, n in sizes.items():
        out |= {f"W1, {size}": both(w1, n), f"W1 jit, {size}": both(jit(w1), n)}
    for size in (64, 256, 511, 512, 1024):
        out[f"matmul, {size}"] = both(jnp.matmul, put(matrix(size, 1)), put(matrix(size, 2)))
    a, b = put(matrix(512, 1)), put(matrix(512, 2))
    out["matmul, 512, first transposed"] = both(lambda: a.T @ b)
    out["matmul, 512, second transposed"] = both(lambda: a @ b.T)
    return out
