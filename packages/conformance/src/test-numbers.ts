// The number path: an operation fed JS numbers, as literals and across the boundary of a transformation, 0-d tensors and arrays,
// beside every dtype and in every mode. Avals are compared first, weakness included, then values and gradients.

import { vmap } from "@gradus/batching";
import { type Aval, avalOf, type DType, isFloat, reduceSum, type Shape, type Tensor, toTensor } from "@gradus/core";
import { jit } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { type Case, skipped } from "./case.js";
import { expectAval, expectHost, fail, roundoff, thrownBy, type Tolerance } from "./compare.js";
import { fromHost, type HostArray, toHost } from "./host-array.js";
import { accepted, type Form, meet, operandType, type Refusal, type Type } from "./number-type.js";
import { hostOperands, type NumberPath, type Operation } from "./operation.js";

const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];

/** All ways to feed numbers to one operation. */
export function testNumbers({ name, numbers }: Operation): Case[] {
  if (typeof numbers === "string") return [skipped(`${name} · numbers`, numbers)];
  const places = numbers.at ?? numbers.operands.flatMap((o, i) => (o.dtype === undefined ? [i] : []));
  const others = numbers.operands.some((o, i) => o.dtype === undefined && places[0] !== i) ? dtypes : [undefined];
  return places.flatMap((place) => others.flatMap((beside) => formsAt(numbers, place).map((form): Case => ({ name: `${name} of ${print(form)} as operand ${place}${beside === undefined ? "" : ` beside ${beside}`}`, run: () => checkForm({ path: numbers, name, place, beside, form }) }))));
}

function formsAt({ operands }: NumberPath, place: number): Form[] {
  const operand = operands[place] as NumberPath["operands"][number];
  const [low, high] = operand.intervals?.[0] ?? [-2, 2];
  const inside = low + (high - low) * 0.8125;
  const whole = Math.max(operand.integers?.[0] ?? 2, 2);
  const tensors = dtypes.flatMap((dtype): Form[] => [{ kind: "tensor", dtype, shape: "0-d" }, ...(operand.shape.length > 0 ? [{ kind: "tensor", dtype, shape: "array" } as const] : [])]);
  return [{ kind: "literal", value: whole }, { kind: "literal", value: inside }, { kind: "literal", value: true }, { kind: "argument", value: inside }, { kind: "argument", value: whole }, ...tensors];
}

const print = (form: Form): string => (form.kind === "tensor" ? `a ${form.shape} ${form.shape === "0-d" ? "tensor" : ""} ${form.dtype}`.replaceAll("  ", " ") : `the ${form.kind} ${form.value}`);

interface Feeding {
  readonly path: NumberPath;
  readonly name: string;
  readonly place: number;
  readonly beside: DType | undefined;
  readonly form: Form;
}

/** A feeding as a function of its operands that are no literals, and those operands. */
interface Applied {
  readonly f: (...dynamic: any[]) => Tensor;
  readonly dynamic: (Tensor | number)[];
  /** The same operands on the host, literals and numbers among them. */
  readonly hosts: readonly HostArray[];
}

function applied({ path, name, place, beside, form }: Feeding): Applied {
  const shapes = path.operands.map((o, i): Shape => (i === place && (form.kind !== "tensor" || form.shape === "0-d") ? [] : o.shape));
  const hosts = path.operands.map((o, i): HostArray => {
    const dtype = o.dtype ?? (i === place ? (form.kind === "tensor" ? form.dtype : "float64") : (beside as DType));
    const host = hostOperands({ name: `${name} numbers ${i}`, apply: path.apply, operands: [{ ...o, shape: shapes[i] as Shape }], dtypes: [], derivative: "real" }, dtype)[0] as HostArray;
    return i === place && form.kind !== "tensor" ? { ...host, data: [Number(form.value)] } : host;
  });
  const given = hosts.map((h, i) => (i === place && form.kind !== "tensor" ? (form.value as number) : fromHost(h)));
  const isLiteral = (i: number): boolean => i === place && form.kind === "literal";
  return {
    hosts,
    dynamic: given.filter((_, i) => !isLiteral(i)),
    f(...dynamic) {
      let next = 0;
      return path.apply(...given.map((x, i) => (isLiteral(i) ? x : dynamic[next++])));
    },
  };
}

/** The dtype in which the operation computes, by the documentation; or why it refuses. */
function expectedType({ path, name, place, beside, form }: Feeding): Type | Refusal {
  const own = operandType(form, beside);
  // A literal whole exponent is static: the operation is a power of its first operand alone.
  const isStatic = name === "pow" && place === 1 && form.kind === "literal" && Number.isInteger(form.value) && beside !== undefined;
  if (isStatic && beside === "bool") return { error: "DTypeError" };
  if (path.domain === "shift" && (beside === "bool" || own.dtype === "bool")) return { error: "DTypeError" };
  const met = beside === undefined ? own : meet(own, { dtype: beside, weak: false });
  return "error" in met ? met : accepted(path.domain, met);
}

type ModeName = "eager" | "jit" | "vmap" | "vjp";

function checkForm(feeding: Feeding): void {
  const { form } = feeding;
  const a = applied(feeding);
  const type = expectedType(feeding);
  // Eagerly, an argument is a literal like any other: there is no boundary.
  const modes: ModeName[] = form.kind === "argument" ? ["jit", "vmap", "vjp"] : ["eager", "jit", "vmap", "vjp"];
  for (const mode of modes) {
    if (feeding.path.derivative === "none" && mode === "vjp") continue;
    if ("error" in type) checkRefusal(mode, a, type);
    else checkResult(mode, a, type, feeding);
  }
  if (!("error" in type) && feeding.path.derivative === "real" && isFloat(feeding.path.result ?? type.dtype)) checkGradient(a, type, feeding);
}

const run: Record<ModeName, (a: Applied) => Tensor> = {
  eager: ({ f, dynamic }) => f(...dynamic),
  jit: ({ f, dynamic }) => jit(f)(...dynamic),
  vjp: ({ f, dynamic }) => vjp(f, dynamic)[0] as Tensor,
  // Every array is mapped over, its two examples being equal; numbers and 0-d tensors are not.
  vmap({ f, dynamic }) {
    const twice = (x: Tensor): Tensor => fromHost({ shape: [2, ...x.shape], dtype: x.dtype, data: [...toHost(x).data, ...toHost(x).data] }, x.aval.weak);
    const isMapped = (x: Tensor | number): x is Tensor => typeof x !== "number" && x.ndim > 0;
    return vmap(f, dynamic.map((x) => (isMapped(x) ? 0 : null)), { axisSize: 2 })(...dynamic.map((x) => (isMapped(x) ? twice(x) : x)));
  },
};

function checkRefusal(mode: ModeName, a: Applied, { mend }: Refusal): void {
  let message = "";
  const error = thrownBy(() => {
    try {
      run[mode](a);
    } catch (e) {
      message = (e as Error).message;
      throw e;
    }
  });
  if (error !== "DTypeError") fail(`${mode} throws ${error}, expected DTypeError.`);
  if (mend === "cast" && !message.includes("cast(")) fail(`${mode}: the message of the DTypeError does not name cast: ${message}`);
}

// The operands in the dtype that they meet in, given as tensors: a weak float is a double.
function explicit({ path }: Feeding, hosts: readonly HostArray[], type: Type): Tensor[] {
  const dtype = type.weak ? "float64" : type.dtype;
  return hosts.map((h, i) => (path.operands[i]?.dtype === undefined ? fromHost({ ...h, dtype }) : fromHost(h)));
}

function checkResult(mode: ModeName, a: Applied, type: Type, feeding: Feeding): void {
  const { path } = feeding;
  const got = run[mode](a);
  const wanted = toHost(path.apply(...explicit(feeding, a.hosts, type)));
  const out: Type = path.result === undefined ? type : { dtype: path.result, weak: false };
  const shape = mode === "vmap" ? [2, ...wanted.shape] : wanted.shape;
  expectAval(got.aval, avalOf(shape, out.dtype, out.weak), mode);
  const host = toHost(got);
  const data = mode === "vmap" ? [...wanted.data, ...wanted.data] : wanted.data;
  expectHost({ ...host, dtype: "float64" }, { shape, dtype: "float64", data }, widthOf(out, shape), mode);
}

// A weak float is a double until it meets a dtype; arrays of them are stored as float32.
const widthOf = ({ dtype, weak }: Type, shape: Shape): Tolerance => roundoff(weak && shape.length === 0 ? "float64" : dtype);

/** grad by every operand that is no literal: in the aval of the operand, with the value that explicit dtypes give. */
function checkGradient(a: Applied, type: Type, feeding: Feeding): void {
  const { f, dynamic, hosts } = a;
  if (dynamic.length === 0) return;
  const argnums = dynamic.map((_, i) => i);
  const options = { argnums, allowInt: true };
  const got = grad((...xs: any[]) => reduceSum(f(...xs)), options)(...dynamic) as unknown as Tensor[];
  const same = explicit(feeding, hosts, type);
  const isDynamic = (i: number): boolean => feeding.form.kind !== "literal" || i !== feeding.place;
  const wanted = (grad((...xs: any[]) => reduceSum(feeding.path.apply(...xs)), { argnums: same.map((_, i) => i), allowInt: true })(...same) as unknown as Tensor[]).filter((_, i) => isDynamic(i));
  got.forEach((g, i) => {
    const aval: Aval = toTensor(dynamic[i], "number path").aval;
    if (!isFloat(aval.dtype)) return expectAval(g.aval, avalOf(aval.shape, "float0"), `the gradient of argument ${i}`);
    expectAval(g.aval, aval, `the gradient of argument ${i}`);
    const tolerance = widthOf(type.dtype === "float32" && !type.weak ? type : { dtype: aval.dtype, weak: type.weak }, feeding.beside === undefined ? aval.shape : [1]);
    expectHost({ ...toHost(g), dtype: "float64" }, { ...toHost(wanted[i] as Tensor), dtype: "float64" }, tolerance, `the gradient of argument ${i}`);
  });
}

