// The models in Gradus, eager and compiled. Large results of compiled functions are disposed of, as those of the other libraries are; nothing else is freed.

import {
  add, array, conv, cumsum, argsort, dispose, dotGeneral, grad, hessian, jit, mul, neg, nn, np, reduceMax, reduceSum, reshape, scan, slice, square, sub, take,
  tanh, type Tensor, transpose, tree, valueAndGrad, vmap, rsqrt, exp, sin, cpu, withBackend,
} from "gradus";
import { alongDirection, block, cnn, exampleWeight, heads, type Model, mlp, perExample, rnn } from "../models/data.js";
import { matrix, ramp, shuffled } from "../inputs.js";
import type { Suite, Task } from "../task.js";

type Parameters = Record<string, Tensor>;
type Loss = (p: Parameters, x: Tensor, y: Tensor) => Tensor;

const task = (call: () => Tensor): Task => ({ call, values: () => call().dataSync() });
const parametersOf = ({ parameters }: Model): Parameters => Object.fromEntries(Object.entries(parameters).map(([name, { data, shape }]) => [name, array(data, { shape: [...shape] })]));
const tensor = ({ data, shape }: Model["x"]): Tensor => array(data, { shape: [...shape] });

/** A model's loss and gradient, checked along the directions. */
function training(model: Model, loss: Loss, rate?: number): { eager: Task; compiled: Task } {
  const [p, x, y] = [parametersOf(model), tensor(model.x), tensor(model.y)];
  const gradient = valueAndGrad(loss);
  const step = (p: Parameters, x: Tensor, y: Tensor): [Tensor, Parameters] => {
    const [value, g] = gradient(p, x, y);
    return [value, rate === undefined ? g : tree.map((a: Tensor, b: Tensor) => sub(a, mul(b, rate)), p, g)] as [Tensor, Parameters];
  };
  const compiledStep = jit(step);
  const compiledGradient = jit(gradient);
  const check = (f: typeof gradient) => (): number[] => {
    const [value, g] = f(p, x, y) as [Tensor, Parameters];
    return [value.item(), alongDirection(model, Object.fromEntries(Object.entries(g).map(([name, t]) => [name, t.dataSync()])))];
  };
  return {
    eager: { call: () => step(p, x, y), read: () => step(p, x, y)[0].item(), values: check(gradient) },
    compiled: { call: () => dispose(compiledStep(p, x, y)), read: () => (compiledStep(p, x, y) as [Tensor, unknown])[0].item(), values: check(compiledGradient as typeof gradient) },
  };
}

const mlpLoss: Loss = ({ w1, b1, w2, b2, w3, b3 }, x, y) => {
  const h1 = nn.relu(add(np.matmul(x, w1!), b1!));
  const h2 = nn.relu(add(np.matmul(h1, w2!), b2!));
  return neg(mul(reduceSum(mul(y, nn.logSoftmax(add(np.matmul(h2, w3!), b3!)))), 1 / 128));
};

const cnnLoss: Loss = ({ k1, k2, w3, b3, w4, b4 }, x, y) => {
  const convolved = (x: Tensor, k: Tensor, strides: number): Tensor => nn.relu(conv(x, k, { strides, padding: "SAME", dimensionNumbers: ["NHWC", "HWIO", "NHWC"] }));
  const features = reshape(convolved(convolved(x, k1!, 1), k2!, 2), [32, 14 * 14 * 64]);
  const hidden = nn.relu(add(np.matmul(features, w3!), b3!));
  return neg(mul(reduceSum(mul(y, nn.logSoftmax(add(np.matmul(hidden, w4!), b4!)))), 1 / 32));
};

const normalised = (x: Tensor): Tensor => {
  const centred = sub(x, np.mean(x, -1, { keepdims: true }));
  return mul(centred, rsqrt(add(np.mean(square(centred), -1, { keepdims: true }), 1e-5)));
};

const blockLoss: Loss = ({ wq, wk, wv, wo, w1, w2 }, x, y) => {
  const n = normalised(x);
  const split = (w: Tensor): Tensor => transpose(reshape(np.matmul(n, w), [4, 64, heads.count, heads.size]), [0, 2, 1, 3]);
  const [q, k, v] = [split(wq!), split(wk!), split(wv!)];
  const scores = mul(np.matmul(q, transpose(k, [0, 1, 3, 2])), 1 / Math.sqrt(heads.size));
  const mixed = reshape(transpose(np.matmul(nn.softmax(scores), v), [0, 2, 1, 3]), [4, 64, 128]);
  const attended = add(x, np.matmul(mixed, wo!));
  const out = add(attended, np.matmul(nn.relu(np.matmul(normalised(attended), w1!)), w2!));
  return np.mean(square(sub(out, y)));
};

const rnnLoss: Loss = ({ wx, wh, b }, x, y) => {
  const step = (h: Tensor, xt: Tensor): [Tensor, null] => [tanh(add(add(np.matmul(xt, wx!), np.matmul(h, wh!)), b!)), null];
  const [h] = scan(step, np.zeros([16, 64]), x);
  return np.mean(square(sub(h, y)));
};

const exampleLoss = ({ w1, b1, w2 }: Parameters, x: Tensor, y: Tensor): Tensor => square(sub(np.dot(tanh(add(np.dot(x, w1!), b1!)), w2!), y));

const rosenbrock = (x: Tensor): Tensor => {
  const n = x.shape[0] as number;
  const [a, b] = [slice(x, [0], [n - 1]), slice(x, [1], [n])];
  return reduceSum(add(mul(100, square(sub(b, square(a)))), square(sub(1, a))));
};

const w1 = (x: Tensor): Tensor => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(neg(mul(x, x))));

/** The tasks of Gradus that are models, or large. */
export function gradusModels(): Suite {
  const square1024 = array(matrix(1024, 1), { shape: [1024, 1024] });
  const square2048 = array(matrix(2048, 1), { shape: [2048, 2048] });
  const [a511, b511] = [1, 2].map((seed) => array(matrix(511, seed), { shape: [511, 511] })) as [Tensor, Tensor];
  const [a512, b512] = [1, 2].map((seed) => array(matrix(512, seed), { shape: [512, 512] })) as [Tensor, Tensor];
  const [a1024, b1024] = [square1024, array(matrix(1024, 2), { shape: [1024, 1024] })];
  const line = array(matrix(317, 1).slice(0, 1e5));
  const rowsOf = array(matrix(800, 1), { shape: [10000, 64] });
  const places = array(Int32Array.from({ length: 1e5 }, (_, i) => (i * 7919) % 10000));
  const compiled = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Task => {
    const g = jit(f);
    const call = (): Tensor | void => {
      const out = g(...xs);
      return out.size < 8192 ? out : dispose(out);
    };
    return { call, values: () => g(...xs).dataSync() };
  };
  const unfreed = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Task => {
    const g = jit(f);
    return task(() => g(...xs));
  };
  const product = (a: Tensor, b: Tensor, contract: [number, number]): Task => task(() => dotGeneral(a, b, { contract: [[contract[0]], [contract[1]]] }));
  const rosenbrockHessian = (n: number): Task => compiled(hessian(rosenbrock) as (x: Tensor) => Tensor, array(ramp(n)));

  const examples = (): Task => {
    const [p, x, y] = [parametersOf(perExample), tensor(perExample.x), tensor(perExample.y)];
    const g = jit(vmap(grad(exampleLoss), [null, 0, 0]));
    const loss = (): number => (vmap(exampleLoss, [null, 0, 0])(p, x, y).dataSync() as Float32Array).reduce((s, v, i) => s + exampleWeight(i) * v, 0);
    const weighted = (t: Tensor): Float32Array => {
      const data = t.dataSync();
      const size = data.length / 128;
      const out = new Float32Array(size);
      data.forEach((v, i) => void (out[i % size]! += exampleWeight(Math.floor(i / size)) * Number(v)));
      return out;
    };
    return {
      call: () => dispose(g(p, x, y)),
      values: () => [loss(), alongDirection(perExample, Object.fromEntries(Object.entries(g(p, x, y) as Parameters).map(([name, t]) => [name, weighted(t)])))],
    };
  };

  const two = cpu({ threads: 2 });
  const onTwo = (make: () => Task): Task => {
    const { call, values } = withBackend(two, make);
    return { call: () => withBackend(two, call), values: () => withBackend(two, values) };
  };
  const squares = (n: number): [Tensor, Tensor] => [1, 2].map((seed) => array(matrix(n, seed), { shape: [n, n] })) as [Tensor, Tensor];
  const matmul = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[1], [0]] });

  const [m, t, r] = [training(mlp, mlpLoss, 0.1), training(block, blockLoss), training(rnn, rnnLoss)];
  return {
    "W1 jit, 1e3": compiled(w1, array(ramp(1e3))),
    "W1 jit, 1e5": compiled(w1, array(ramp(1e5))),
    "W1 jit, 1e6": compiled(w1, array(ramp(1e6))),
    "W1 jit, 1e6, nothing freed": unfreed(w1, array(ramp(1e6))),
    "matmul, 511": product(a511, b511, [1, 0]),
    "matmul, 512": product(a512, b512, [1, 0]),
    "matmul, 512, first transposed": product(a512, b512, [0, 0]),
    "matmul, 512, second transposed": product(a512, b512, [1, 1]),
    "matmul, 1024": product(a1024, b1024, [1, 0]),
    "MLP step": m.eager,
    "MLP step, jit": m.compiled,
    "CNN step, jit": training(cnn, cnnLoss, 0.1).compiled,
    "transformer block": t.eager,
    "transformer block, jit": t.compiled,
    "Hessian of Rosenbrock, 32, jit": rosenbrockHessian(32),
    "Hessian of Rosenbrock, 100, jit": rosenbrockHessian(100),
    "gradients of examples, jit": examples(),
    "RNN": r.eager,
    "RNN, jit": r.compiled,
    "softmax of rows, jit": compiled((x) => nn.softmax(x), square1024),
    "logsumexp of rows, jit": compiled((x) => nn.logsumexp(x, -1), square1024),
    "normalised rows, jit": compiled(normalised, square1024),
    "sum of all, jit": compiled((x) => reduceSum(x), square2048),
    "sum along axis 0, jit": compiled((x) => reduceSum(x, 0), square2048),
    "sum along axis 1, jit": compiled((x) => reduceSum(x, 1), square2048),
    "max along axis 1, jit": compiled((x) => reduceMax(x, 1), square2048),
    "transposed, doubled, jit": compiled((x) => mul(transpose(x), 2), square2048),
    "cumsum, jit": compiled((x) => cumsum(x, 0), line),
    "argsort, jit": compiled((x) => argsort(x, 0), array(shuffled(1e5))),
    "rows gathered, jit": compiled((x, i) => take(x, i, 0), rowsOf, places),
    "rows gathered, jit, nothing freed": unfreed((x, i) => take(x, i, 0), rowsOf, places),
    "W1 jit, 1e5, 2 threads": onTwo(() => compiled(w1, array(ramp(1e5)))),
    "W1 jit, 1e6, 2 threads": onTwo(() => compiled(w1, array(ramp(1e6)))),
    "matmul jit, 512, 2 threads": onTwo(() => compiled(matmul, ...squares(512))),
    "matmul jit, 1024, 2 threads": onTwo(() => compiled(matmul, ...squares(1024))),
    "MLP step, jit, 2 threads": onTwo(() => training(mlp, mlpLoss, 0.1).compiled),
  };
}
