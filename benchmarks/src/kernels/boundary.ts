// What a training step spends outside of its compiled code: the time of a call beside that inside of the module, told by wrapping what
// instances export.

import { array, jit, nn, np, add, mul, neg, reduceSum, sub, type Tensor, tree, valueAndGrad } from "gradus";
import { mlp } from "../models/data.js";

type Parameters = Record<string, Tensor>;

/** Nanoseconds inside of compiled modules, since it was set to 0. */
export const inside = { time: 0 };

/** From now on new instances count the time that is spent in them. */
export function watchInstances(): void {
  const { Instance } = WebAssembly;
  const watched = function (module: WebAssembly.Module, imports?: WebAssembly.Imports): { exports: WebAssembly.Exports } {
    const { exports } = new Instance(module, imports);
    const run = exports["run"] as ((base: number) => void) | undefined;
    if (run === undefined) return { exports };
    const timed = (base: number): void => {
      const start = performance.now();
      run(base);
      inside.time += 1e6 * (performance.now() - start);
    };
    return { exports: { ...exports, run: timed } };
  };
  (WebAssembly as { Instance: unknown }).Instance = watched;
}

const loss = ({ w1, b1, w2, b2, w3, b3 }: Parameters, x: Tensor, y: Tensor): Tensor => {
  const h1 = nn.relu(add(np.matmul(x, w1!), b1!));
  const h2 = nn.relu(add(np.matmul(h1, w2!), b2!));
  return neg(mul(reduceSum(mul(y, nn.logSoftmax(add(np.matmul(h2, w3!), b3!)))), 1 / 128));
};

/** A training loop, whose every call is one step from where the one before led. */
export interface Training {
  readonly step: () => void;
  /** The loss before the last step. */
  readonly loss: () => number;
}

/** The MLP of the benchmark; with `donated` its parameters are given away at each step. */
export function training(donated: boolean): Training {
  const gradient = valueAndGrad(loss);
  const step = jit((p: Parameters, x: Tensor, y: Tensor) => {
    const [value, g] = gradient(p, x, y) as [Tensor, Parameters];
    return [value, tree.map((a: Tensor, b: Tensor) => sub(a, mul(b, 0.1)), p, g)] as [Tensor, Parameters];
  }, donated ? { donateArgnums: 0 } : {});
  const [x, y] = [mlp.x, mlp.y].map(({ data, shape }) => array(data, { shape: [...shape] })) as [Tensor, Tensor];
  let parameters: Parameters = Object.fromEntries(Object.entries(mlp.parameters).map(([name, { data, shape }]) => [name, array(data, { shape: [...shape] })]));
  let value: Tensor;
  return {
    step: () => {
      [value, parameters] = step(parameters, x, y) as [Tensor, Parameters];
    },
    loss: () => value.item(),
  };
}
