// The body of a function while it is written: locals, statements, structured control. Code is laid down at once, in the
// order of the calls; `mark` leaves a place to which `at` comes back, for what is found out later to belong before a loop.

import { Bytes, leb } from "./bytes.js";
import { type Call, type Callee, type Code, code, type I32, type Local, local, type Locals, typeByte, type ValueType, write } from "./code.js";
import { i32 } from "./scalar-ops.js";

/** Where a branch leads: behind a block, or back to the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** A place in the code that `at` writes to. */
export interface Mark {
  readonly piece: Piece;
  readonly depth: number;
}

interface Piece {
  readonly bytes: Bytes;
  readonly calls: Call[];
}

const newPiece = (): Piece => ({ bytes: new Bytes(), calls: [] });

export class FunctionBuilder {
  readonly #locals: ValueType[] = [];
  readonly #params: number;
  readonly #free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #scope: Local[] | undefined;
  #isAtMark = false;
  #pieces: Piece[] = [newPiece()];
  #piece: Piece = this.#pieces[0] as Piece;
  #depth = 0;

  constructor(params: readonly ValueType[]) {
    this.#params = params.length;
  }

  /** A new local variable, zero unless it is one that a `scope` gave back. Given a value, it holds that. */
  local<T extends ValueType>(type: T, value?: Code<T>): Local<T> {
    // Before a mark, a local that is free here may be in use.
    const free = this.#isAtMark ? undefined : (this.#free[type].pop() as Local<T> | undefined);
    const variable = free ?? local(type, this.#params + this.#locals.push(type) - 1);
    this.#scope?.push(variable);
    if (value !== undefined) this.set(variable, value);
    return variable;
  }

  /** Locals made by `body` are free for others afterwards; they then start with what they held. */
  scope<R>(body: () => R): R {
    const outer = this.#scope;
    const mine: Local[] = (this.#scope = []);
    const result = body();
    this.#scope = outer;
    for (const variable of mine) this.#free[variable.type].push(variable);
    return result;
  }

  set<T extends ValueType>(variable: Local<T>, value: Code<T>): void {
    this.do(code("void", 0x21, [value], variable.immediate));
  }

  /** Adds to an integer variable. */
  increment(variable: Local<"i32">, by: I32 | number): void {
    this.set(variable, i32.add(variable, typeof by === "number" ? i32.const(by) : by));
  }

  /** Lays down a statement: a store, a call without a result, a copy of memory. */
  do(statement: Code<"void">): void {
    write(this.#piece.bytes, statement, this.#piece.calls);
  }

  block(body: (end: Label) => void): void {
    this.#nest(0x02, body);
  }

  /** Falls out at the end unless it branches back to the start. */
  loop(body: (start: Label) => void): void {
    this.#nest(0x03, body);
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.do(code("void", 0x04, [condition], [typeByte.void]));
    this.#depth++;
    then();
    if (otherwise !== undefined) {
      this.do(code("void", 0x05, []));
      otherwise();
    }
    this.#depth--;
    this.do(code("void", 0x0b, []));
  }

  br(label: Label): void {
    this.do(code("void", 0x0c, [], leb(this.#depth - label.depth)));
  }

  brIf(label: Label, condition: I32): void {
    this.do(code("void", 0x0d, [condition], leb(this.#depth - label.depth)));
  }

  /** To the label of the index, or to `otherwise` beyond the last. */
  brTable(index: I32, labels: readonly Label[], otherwise: Label): void {
    const to = [...labels, otherwise].map((l) => this.#depth - l.depth);
    this.do(code("void", 0x0e, [index], leb(labels.length, ...to)));
  }

  return(value?: Code<ValueType>): void {
    this.do(code("void", 0x0f, value === undefined ? [] : [value]));
  }

  /** `for (i = from; i < to; i += step)` over unsigned numbers; `to` is read in every round. */
  for(i: Local<"i32">, from: I32, to: I32, step: I32 | number, body: (end: Label) => void): void {
    this.set(i, from);
    this.block((end) => {
      this.brIf(end, i32.geU(i, to));
      this.loop((again) => {
        body(end);
        this.increment(i, step);
        this.brIf(again, i32.ltU(i, to));
      });
    });
  }

  /** The condition is laid down twice: before the first round, and at the end of each. */
  while(condition: I32, body: (end: Label) => void): void {
    this.block((end) => {
      this.brIf(end, i32.eqz(condition));
      this.loop((again) => {
        body(end);
        this.brIf(again, condition);
      });
    });
  }

  /** Leaves a place here. */
  mark(): Mark {
    const mark = { piece: newPiece(), depth: this.#depth };
    this.#piece = newPiece();
    this.#pieces.push(mark.piece, this.#piece);
    return mark;
  }

  /** What `body` writes goes to the end of what is at the mark so far. Marks do not nest within it. */
  at<R>(mark: Mark, body: () => R): R {
    const [piece, depth, pieces, scope] = [this.#piece, this.#depth, this.#pieces, this.#scope];
    this.#piece = mark.piece;
    this.#depth = mark.depth;
    this.#pieces = []; // a mark made here would be lost
    this.#scope = undefined;
    this.#isAtMark = true;
    const result = body();
    this.#isAtMark = false;
    [this.#piece, this.#depth, this.#pieces, this.#scope] = [piece, depth, pieces, scope];
    return result;
  }

  /** @internal The code of the whole, as the code section holds it. */
  assemble(out: Bytes, indexOf: (callee: Callee) => number): void {
    const head = new Bytes();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    head.u32(runs.length);
    for (const { type, count } of runs) {
      head.u32(count);
      head.byte(typeByte[type]);
    }
    out.u32(this.#pieces.reduce((n, { bytes }) => n + bytes.length, head.length + 1));
    out.raw(head.view());
    for (const { bytes, calls } of this.#pieces) {
      for (const { at, callee } of calls) bytes.patch(at, indexOf(callee));
      out.raw(bytes.view());
    }
    out.byte(0x0b);
  }

  #nest(opcode: number, body: (label: Label) => void): void {
    this.do(code("void", opcode, [], [typeByte.void]));
    body({ depth: ++this.#depth });
    this.#depth--;
    this.do(code("void", 0x0b, []));
  }
}

/** @internal The parameters of a function as locals. */
export const parameters = <P extends readonly ValueType[]>(types: P): Locals<P> => types.map((type, i) => local(type, i)) as unknown as Locals<P>;
