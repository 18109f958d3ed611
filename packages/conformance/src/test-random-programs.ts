// The kit of random programs: over the whole catalogue, they are computed alike evaluated, traced, compiled and mapped, and their
// derivatives agree with differences and with one another.

import { vmap } from "@gradus/batching";
import { cond, scan } from "@gradus/control-flow";
import { add, array, type Backend, ConformanceError, isFloat, type Tensor, withBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { less, zerosLike } from "@gradus/ops";
import { evalProgram, jit, makeProgram } from "@gradus/tracing";
import { vjp } from "@gradus/vjp";
import fc from "fast-check";
import type { Case } from "./case.js";
import { dot } from "./check-grads.js";
import { exactly, expectAval, expectCompiled, expectHost, fail, type Tolerance } from "./compare.js";
import { fromHost, type HostArray, stackHost, toHost } from "./host-array.js";
import { cotangents, directions } from "./laws/subject.js";
import { asFunction, build, examine, print, type Program, recipes, type Sizes } from "./random-programs/program.js";

/** `traced`: the recorded program; `compiled`: jit; `differences`: forward mode against central differences, in float64; `adjoint`: forward against reverse mode; `mapped`: vmap against a loop; `looped`: the body of a compiled scan, and of a branch in one, against a loop; `compiledGradient`: jit of reverse mode against reverse mode; `reference`: evaluated on another backend. */
export type RandomCheck = "traced" | "compiled" | "differences" | "adjoint" | "mapped" | "looped" | "compiledGradient" | "reference";

export interface RandomProgramOptions {
  /** How many programs each check looks at: 2,000 unless given. */
  readonly runs?: number;
  /** Which programs: the same seed gives the same ones. */
  readonly seed?: number;
  /** The dtype of real values: float64 unless given. */
  readonly dtype?: "float32" | "float64";
  /** All but `reference` and `looped`, and without `differences` in float32, unless given. */
  readonly checks?: readonly RandomCheck[];
  /** `odd` for arrays of sizes that fill no vector or block, and larger ones: `small` unless given. */
  readonly sizes?: Sizes;
  /** Whether inputs hold NaN, infinities, −0 and subnormal numbers, too: no unless given. For checks without derivatives. */
  readonly special?: boolean;
  /** The most lines of a program: 9 unless given. */
  readonly length?: number;
  /** What the check `reference` compares with. */
  readonly reference?: Backend;
  /** Programs that this backend cannot run, by their text: they count as rejected, without being capped. */
  readonly skip?: (text: string) => boolean;
}

/** Rejected samples, of all: more would say that programs are drawn badly. Special values are beside kinks more often. */
const mostRejected = 0.05;

const tolerances: Record<"float32" | "float64", Tolerance> = { float32: { rtol: 1e-3, atol: 1e-4 }, float64: { rtol: 1e-9, atol: 1e-10 } };
/** Nearer to a kink, rounding in another order may end on its other side. */
const margins = { float32: 2e-4, float64: 1e-8 };

/** Thrown inside a check where a sample is too near a kink to tell anything. */
const rejected = Symbol("rejected");

/**
 * One case for each check: `runs` random programs of the catalogue, of arrays of several ranks, dyadic grids, integers and booleans.
 * A program that fails is shrunk, and the error prints it as TypeScript. Samples near kinks are rejected, at most 5 %.
 * @example for (const c of testRandomPrograms(() => cpu(), { runs: 2000, checks: ["compiled"] })) test(c.name, c.run);
 */
export function testRandomPrograms(make: () => Backend, options: RandomProgramOptions = {}): Case[] {
  const { runs = 2000, seed = 1, dtype = "float64", length = 9, skip = () => false, sizes = "small", special = false } = options;
  const usual: RandomCheck[] = ["traced", "compiled", ...(dtype === "float64" ? (["differences"] as const) : []), "adjoint", "mapped", "compiledGradient"];
  const backend = make();
  return (options.checks ?? usual).map((check) => ({
    name: `${backend.name}: ${runs} random programs of seed ${seed}, ${[check, dtype, ...(sizes === "odd" ? ["odd sizes"] : []), ...(special ? ["special values"] : [])].join(", ")}`,
    run: () => withBackend(backend, () => explore(check, { runs, seed, dtype, length, skip, sizes, special, reference: options.reference })),
  }));
}

interface Exploration {
  readonly runs: number;
  readonly seed: number;
  readonly dtype: "float32" | "float64";
  readonly length: number;
  readonly skip: (text: string) => boolean;
  readonly sizes: Sizes;
  readonly special: boolean;
  readonly reference: Backend | undefined;
}

function explore(check: RandomCheck, { runs, seed, dtype, length, skip, sizes, special, reference }: Exploration): void {
  let near = 0;
  let seen = 0;
  const holds = (program: Program): void => {
    seen++;
    try {
      checks[check](program, reference);
    } catch (error) {
      if (error !== rejected) throw error;
      near++;
    }
  };
  const outcome = fc.check(
    fc.property(recipes(length, sizes, special), (recipe) => {
      const program = build(recipe, dtype);
      if (!skip(print(program))) holds(program);
    }),
    { numRuns: runs, seed },
  );
  if (outcome.failed) {
    const cause = outcome.errorInstance;
    const text = cause instanceof Error ? `${cause.name}: ${cause.message.split("\n  [")[0]}` : String(cause);
    throw new ConformanceError(`The law "${check}" fails for this program (seed ${seed}, ${outcome.numRuns} programs, ${outcome.numShrinks} times shrunk).\n${text}\n\n${print(build(outcome.counterexample![0], dtype))}\n`);
  }
  const most = special ? 4 * mostRejected : mostRejected;
  if (near > most * seen) throw new ConformanceError(`${near} of ${seen} samples were rejected as too near a kink, and at most ${most * 100} % may be.`);
}

const inputs = (program: Program, point = 0): Tensor[] => program.points[point]!.map((x) => fromHost(x));

/** Rejects a sample that a little rounding may take to the other side of a kink. */
function keepAway(program: Program, points: readonly (readonly HostArray[])[] = [program.points[0]!]): void {
  for (const xs of points) if (examine(program, xs).margin < margins[program.dtype as "float32" | "float64"]) throw rejected;
}

/** Results agree: discrete and exact ones to the bit. */
function compare(program: Program, got: readonly Tensor[], wanted: readonly HostArray[], what: string): void {
  wanted.forEach((w, i) => {
    const isExact = program.results[i]!.grid !== null;
    expectHost(toHost(got[i]!), w, isExact ? { rtol: 0, atol: Number.MIN_VALUE } : tolerances[program.dtype as "float32" | "float64"], `${what}, result ${i}`);
  });
}

const checks: Record<RandomCheck, (program: Program, reference?: Backend) => void> = {
  traced(program) {
    const [f, xs] = [asFunction(program), inputs(program)];
    const wanted = f(...xs);
    const traced = makeProgram(f)(...xs);
    wanted.forEach((w, i) => expectAval(traced.outAvals[i]!, w.aval, `the traced result ${i}`));
    const got = evalProgram(traced, xs);
    wanted.forEach((w, i) => expectHost(toHost(got[i]!), toHost(w), exactly, `the recorded program, result ${i}`));
  },
  compiled(program) {
    keepAway(program);
    const [f, xs] = [asFunction(program), inputs(program)];
    const wanted = f(...xs);
    const got = expectCompiled(() => jit(f)(...xs));
    wanted.forEach((w, i) => expectAval(got[i]!.aval, w.aval, `the compiled result ${i}`));
    compare(program, got, wanted.map(toHost), "jit");
  },
  mapped(program) {
    const f = asFunction(program);
    // Every second input is the same for all examples.
    const axes = program.inputs.map((_, i) => (i % 2 === 0 ? 0 : null));
    const examples = program.points.map((_, k) => inputs(program, k).map((x, i) => (axes[i] === null ? fromHost(program.points[0]![i]!) : x)));
    keepAway(program, examples.map((xs) => xs.map(toHost)));
    const wanted = examples.map((xs) => f(...xs).map(toHost));
    const stacked = program.inputs.map((_, i) => (axes[i] === null ? fromHost(program.points[0]![i]!) : fromHost(stackHost(program.points.map((xs) => xs[i]!), 0))));
    compare(program, vmap(f, axes)(...stacked), wanted[0]!.map((_, i) => stackHost(wanted.map((ys) => ys[i]!), 0)), "vmap");
  },
  looped(program) {
    keepAway(program, program.points);
    const f = asFunction(program);
    const examples = program.points.map((_, k) => inputs(program, k));
    const wanted = examples.map((xs) => f(...xs).map(toHost));
    const stacked = program.inputs.map((_, i) => fromHost(stackHost(program.points.map((xs) => xs[i]!), 0)));
    // Forwards the program is the body itself; backwards it is one branch of a cond, and the carry says which.
    const body = (n: Tensor, xs: unknown): [Tensor, Tensor[]] => [add(n, 1), f(...(xs as Tensor[]))];
    const guarded = (n: Tensor, xs: unknown): [Tensor, Tensor[]] => [add(n, 1), cond(less(n, 3), () => f(...(xs as Tensor[])), () => f(...(xs as Tensor[])).map((y) => zerosLike(y))) as Tensor[]];
    const start = (): Tensor => array(0, { dtype: "int32" });
    const [count, got] = expectCompiled(() => jit((...xs: Tensor[]) => scan(body, start(), xs))(...stacked)) as unknown as [Tensor, Tensor[]];
    const [, back] = jit((...xs: Tensor[]) => scan(guarded, start(), xs, { reverse: true }))(...stacked) as unknown as [Tensor, Tensor[]];
    const all = wanted[0]!.map((_, i) => stackHost(wanted.map((ys) => ys[i]!), 0));
    if (count.item() !== program.points.length) fail(`The loop ran ${count.item()} times, expected ${program.points.length}.`);
    compare(program, got, all, "the compiled loop");
    compare(program, back, all, "the compiled loop backwards, in a branch");
  },
  adjoint(program) {
    const [f, xs] = [asFunction(program), inputs(program)];
    const vs = directions(xs);
    const [out, dout] = jvp(f, xs, vs);
    const cts = cotangents(out);
    const pulled = vjp(f, xs)[1](cts as never) as Tensor[];
    const [left, size] = dot(dout.map(toHost), cts.map(toHost));
    const [right, other] = dot(pulled.map(toHost), vs.map(toHost));
    const { rtol, atol } = tolerances[program.dtype as "float32" | "float64"];
    if (!(Math.abs(left - right) <= atol + rtol * Math.max(size, other))) fail(`⟨ct, J v⟩ is ${left}, and ⟨Jᵀ ct, v⟩ is ${right}.`);
  },
  compiledGradient(program) {
    keepAway(program);
    const [f, xs] = [asFunction(program), inputs(program)];
    const cts = cotangents(f(...xs));
    const pull = (...args: Tensor[]): Tensor[] => vjp(f, args)[1](cts as never) as Tensor[];
    const got = jit(pull)(...xs);
    pull(...xs).forEach((w, i) => {
      expectAval(got[i]!.aval, w.aval, `the compiled gradient by input ${i}`);
      expectHost(toHost(got[i]!), toHost(w), tolerances[program.dtype as "float32" | "float64"], `jit of the gradient, by input ${i}`);
    });
  },
  differences(program) {
    const f = asFunction(program);
    const [xs, isSmooth] = [program.points[0]!, (i: number) => program.smooth[i]!];
    const vs = directions(xs.map((x) => fromHost(x))).map((v, i) => (isSmooth(i) ? v : v.dtype === "float0" ? v : fromHost({ ...toHost(v), data: xs[i]!.data.map(() => 0) })));
    const h = 2 ** -13;
    const at = (s: number): HostArray[] => xs.map((x, i) => (isSmooth(i) ? { ...x, data: x.data.map((v, k) => v + s * h * toHost(vs[i]!).data[k]!) } : x));
    const here = examine(program, xs);
    for (const s of [-1, -0.5, 0.5, 1]) if (examine(program, at(s)).sides !== here.sides) throw rejected;
    const [far, near, nearBelow, farBelow] = [1, 0.5, -0.5, -1].map((s) => f(...at(s).map((x) => fromHost(x))).map(toHost));
    const tensors = xs.map((x) => fromHost(x));
    const [out, dout] = jvp(f, tensors, vs);
    const cts = cotangents(out);
    let [wanted, slack] = [0, 0];
    dout.forEach((t, k) => {
      if (!isFloat(t.dtype)) return;
      const weights = toHost(cts[k]!).data;
      toHost(t).data.forEach((g, i) => {
        const value = (ys: HostArray[] | undefined): number => ys![k]!.data[i]!;
        const [coarse, fine] = [(value(far) - value(farBelow)) / (2 * h), (value(near) - value(nearBelow)) / h];
        const best = (4 * fine - coarse) / 3;
        // As far off as the better of the two without extrapolation, which is curvature; and rounding.
        const room = Math.abs(best - fine) + 1e-6 * (1 + Math.abs(best));
        if (!(Math.abs(g - best) <= room)) fail(`Element ${i} of the tangent of result ${k} is ${g}, and ${best} by differences.`);
        wanted += best * weights[i]!;
        slack += room * Math.abs(weights[i]!);
      });
    });
    const [got] = dot((vjp(f, tensors)[1](cts as never) as Tensor[]).map(toHost), vs.map(toHost));
    if (!(Math.abs(got - wanted) <= slack)) fail(`The gradient along the direction is ${got}, and ${wanted} by differences.`);
  },
  reference(program, reference) {
    if (reference === undefined) throw new ConformanceError('The check "reference" needs the option reference: a backend to compare with.');
    keepAway(program);
    const f = asFunction(program);
    const wanted = withBackend(reference, () => f(...inputs(program)).map(toHost));
    compare(program, f(...inputs(program)), wanted, "on this backend");
  },
};
