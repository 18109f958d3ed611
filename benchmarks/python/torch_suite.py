"""PyTorch on the CPU, one thread: eager, by autograd; the rows called jit are what it does elsewhere."""

import numpy as np
import torch
from data import BLOCK, CNN, EXAMPLES, MLP, POINT, RNN, fractions, line, matrix, places, ramp, shuffled, table
from torch.nn import functional as F

try:
    from torch import func
except ImportError:  # before version 2
    import functorch as func

torch.set_num_threads(1)
version = torch.__version__
CHAIN = {"scalar": 25, "array": 5}


def put(x):
    return torch.from_numpy(np.asarray(x))


def both(f):
    return (f, lambda: f().detach().numpy())


def w1(x):
    return torch.tanh(1.5 * x + 0.3) * torch.sin(x) + torch.exp(-x * x)


def chained(x, repetitions):
    y = x
    for _ in range(repetitions):
        y = torch.cos(0.9 * (torch.sin(y) + x))
    return y


def derivative(f, order=1):
    """The derivative of a function of one scalar: the graph is kept for all orders but the last."""

    def g(x):
        x = x.detach().requires_grad_()
        y = f(x)
        for k in range(order):
            (y,) = torch.autograd.grad(y, x, create_graph=k + 1 < order)
        return y

    return g


def mlp(p, x, y):
    h = torch.relu(x @ p["w1"] + p["b1"])
    h = torch.relu(h @ p["w2"] + p["b2"])
    return -torch.sum(y * F.log_softmax(h @ p["w3"] + p["b3"], -1)) / 128


def cnn(p, x, y):
    def convolved(x, k, stride):
        # As "SAME" pads: with stride 2 on even sizes, at the end alone.
        padded = F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        return torch.relu(F.conv2d(padded, k.permute(3, 2, 0, 1), stride=stride))

    # Channels last in memory, as the others have them.
    features = convolved(convolved(x.permute(0, 3, 1, 2), p["k1"], 1), p["k2"], 2).permute(0, 2, 3, 1).reshape(32, -1)
    hidden = torch.relu(features @ p["w3"] + p["b3"])
    return -torch.sum(y * F.log_softmax(hidden @ p["w4"] + p["b4"], -1)) / 32


def block(p, x, y):
    n = F.layer_norm(x, (128,))
    q, k, v = ((n @ p[w]).reshape(4, 64, 4, 32).permute(0, 2, 1, 3) for w in ("wq", "wk", "wv"))
    mixed = (torch.softmax(q @ k.transpose(2, 3) / np.sqrt(32), -1) @ v).permute(0, 2, 1, 3).reshape(4, 64, 128)
    attended = x + mixed @ p["wo"]
    out = attended + torch.relu(F.layer_norm(attended, (128,)) @ p["w1"]) @ p["w2"]
    return torch.mean(torch.square(out - y))


def rnn(p, x, y):
    h = torch.zeros(16, 64)
    for xt in x:
        h = torch.tanh(xt @ p["wx"] + h @ p["wh"] + p["b"])
    return torch.mean(torch.square(h - y))


def example(p, x, y):
    return torch.square(torch.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] - y)


def rosenbrock(x):
    a, b = x[:-1], x[1:]
    return torch.sum(100 * torch.square(b - torch.square(a)) + torch.square(1 - a))


def along(directions, gradients):
    return sum(float(np.sum(gradients[k].numpy().astype(np.float64) * d)) for k, d in directions.items())


def training(model, loss, rate=None):
    """An iteration; the value is the loss and the derivative along the directions."""
    x, y, (p, directions) = model
    x, y = put(x), put(y)
    p = {k: put(v).requires_grad_() for k, v in p.items()}

    def gradient():
        value = loss(p, x, y)
        return value, dict(zip(p, torch.autograd.grad(value, list(p.values()))))

    def step():
        value, g = gradient()
        if rate is None:
            return value, g
        with torch.no_grad():
            return value, {k: p[k] - rate * g[k] for k in p}

    def check():
        value, g = gradient()
        return [value.item(), along(directions, g)]

    return (step, check)


def examples():
    x, y, (p, directions) = EXAMPLES
    x, y, p = put(x), put(y), {k: put(v) for k, v in p.items()}
    weights = np.cos(np.arange(128))
    f = func.vmap(func.grad(example), (None, 0, 0))

    def check():
        losses = func.vmap(example, (None, 0, 0))(p, x, y).numpy().astype(np.float64)
        gradients = {k: torch.from_numpy(np.tensordot(weights, g.numpy().astype(np.float64), 1)) for k, g in f(p, x, y).items()}
        return [float(losses @ weights), along(directions, gradients)]

    return (lambda: f(p, x, y), check)


def suite():
    x, v = torch.tensor(POINT), put(ramp(10))
    one = torch.ones_like(x)
    sizes = {"1e3": put(ramp(1000)), "1e5": put(ramp(100000)), "1e6": put(ramp(1000000))}
    positive, s1024, s2048 = put(fractions(1000000)), put(matrix(1024, 1)), put(matrix(2048, 1))
    text, order, rows, at = put(line()), put(shuffled(100000)), put(table()), put(places())
    r32, r100 = put(ramp(32)), put(ramp(100))

    def product(x):
        return torch.sin(x) * torch.cos(x)

    first, second = derivative(product), derivative(product, 2)
    third = derivative(lambda x: x * torch.sin(x), 3)
    of_scalar_chain = derivative(lambda x: chained(x, CHAIN["scalar"]))
    of_array_chain = derivative(lambda x: torch.sum(chained(x, CHAIN["array"])))
    many = {k: x for k in "abcdef"}

    def hessian(x):
        return torch.autograd.functional.hessian(rosenbrock, x, vectorize=True)

    trained = {"MLP step": training(MLP, mlp, 0.1), "transformer block": training(BLOCK, block), "RNN": training(RNN, rnn)}
    out = {
        "sin, scalar": both(lambda: torch.sin(x)),
        "add, scalar": both(lambda: x + x),
        "mul by a number": both(lambda: x * 2),
        "sin, length 10": both(lambda: torch.sin(v)),
        "add, length 10": both(lambda: v + v),
        "jvp of sin·cos": both(lambda: func.jvp(product, (x,), (one,))[1]),
        "grad of sin·cos": both(lambda: first(x)),
        "second derivative of sin·cos": both(lambda: second(x)),
        "third derivative of x·sin x": both(lambda: third(x)),
        "grad of a chain, scalar": both(lambda: of_scalar_chain(x)),
        "grad of a chain, length 10": both(lambda: of_array_chain(v)),
        "jit call, scalar": both(lambda: torch.sin(x)),
        "jit call, 7 leaves": both(lambda: many["a"] * x),
        "jit of grad of sin·cos": both(lambda: first(x)),
        "sum, 1e6": both(lambda: positive.sum()),
        "CNN step, jit": training(CNN, cnn, 0.1),
        "Hessian of Rosenbrock, 32, jit": both(lambda: hessian(r32)),
        "Hessian of Rosenbrock, 100, jit": both(lambda: hessian(r100)),
        "gradients of examples, jit": examples(),
        "softmax of rows, jit": both(lambda: torch.softmax(s1024, -1)),
        "logsumexp of rows, jit": both(lambda: torch.logsumexp(s1024, -1)),
        "normalised rows, jit": both(lambda: F.layer_norm(s1024, (1024,))),
        "sum of all, jit": both(lambda: s2048.sum()),
        "sum along axis 0, jit": both(lambda: s2048.sum(0)),
        "sum along axis 1, jit": both(lambda: s2048.sum(1)),
        "max along axis 1, jit": both(lambda: s2048.amax(1)),
        "transposed, doubled, jit": both(lambda: s2048.T.contiguous().mul_(2)),  # in row-major order, the quickest way to it
        "cumsum, jit": both(lambda: text.cumsum(0)),
        "argsort, jit": both(lambda: torch.sort(order, stable=True).indices),
        "rows gathered, jit": both(lambda: rows.index_select(0, at)),
    }
    for name, task in trained.items():
        out |= {name: task, f"{name}, jit": task}
    for size, n in sizes.items():
        task = both(lambda n=n: w1(n))
        out |= {f"W1, {size}": task, f"W1 jit, {size}": task}
    for size in (64, 256, 511, 512, 1024):
        a, b = put(matrix(size, 1)), put(matrix(size, 2))
        out[f"matmul, {size}"] = both(lambda a=a, b=b: a @ b)
    a, b = put(matrix(512, 1)), put(matrix(512, 2))
    out["matmul, 512, first transposed"] = both(lambda: a.T @ b)
    out["matmul, 512, second transposed"] = both(lambda: a @ b.T)
    return out
