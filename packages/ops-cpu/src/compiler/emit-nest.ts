// Fourth stage, the loops: the code of a nest. What does not change in the innermost loop is computed before it.

import { argsOf, bytesOf, type Fold, forEachNode, type Load, type Nest, type Node, type Store, type Type } from "@gradus/loops";
import { Constants, type FunctionBuilder, i32, type I32, i32x4, type Local, select } from "../wasm/encoder.js";
import type { LaneCode, Value } from "../wasm/lane-code.js";
import { ScalarCode } from "../wasm/scalar-code.js";
import { VectorCode } from "../wasm/vector-code.js";
import type { Emission } from "./emission.js";
import { blockOfRows, hasShortWay, isTall, type LoopMode, stretch, turnsOf, variation } from "./loop-mode.js";
import type { Pointers, Strips } from "./pointers.js";
import { laneOf, laneSteps, spread } from "./spread.js";
import { type Along, leastForWays, remaining, shortFirst, strips } from "./strips.js";
import { bytesLeft, clear, join, leave, left, merge, settled, type Total, totalOf, totalsOf } from "./totals.js";

type Join = (store: Store, value: Value) => void;

/** The code of a nest in a function. */
export class NestCode {
  readonly #nest: Nest;
  readonly #mode: LoopMode;
  readonly #f: FunctionBuilder;
  readonly #pointers: Pointers;
  readonly #one: ScalarCode;
  readonly #many: VectorCode;
  readonly #varies: Map<Node, number>;
  /** Values that no inner loop changes, as one element and as a vector. */
  readonly #fixed = new Map<Node, Value>();
  readonly #spread = new Map<Node, Value>();
  /** Those that vectors are made with. */
  readonly #spreads = new Set<Node>();
  readonly #counters: Local<"i32">[] = [];
  readonly #inner: number;
  /** How many elements of a vector are stored. */
  #stored = 4;

  constructor(e: Emission, f: FunctionBuilder, nest: Nest, mode: LoopMode, pointers: Pointers) {
    this.#nest = nest;
    this.#mode = mode;
    this.#f = f;
    this.#pointers = pointers;
    this.#inner = nest.dims.length - 1;
    const constants = new Constants(e.module, f);
    const context = { f, constants, features: e.features, host: e.host };
    this.#one = new ScalarCode(context);
    this.#many = new VectorCode(context);
    const roots = nest.stores.map((s) => s.value);
    this.#varies = variation(roots);
    const changes = (n: Node): boolean => ((this.#varies.get(n) as number) & (1 << this.#inner)) !== 0;
    for (const n of [...roots, ...[...this.#varies.keys()].filter(changes).flatMap(argsOf)]) if (!changes(n)) this.#spreads.add(n);
  }

  emit(): void {
    this.#begin();
    this.#loops(0);
  }

  emitStretches(strips: Strips): void {
    this.#begin();
    this.#fixRow();
    this.#stretches([], strips);
  }

  emitJoin(from: Local<"i32">, stretches: number): void {
    this.#begin();
    this.#fixRow();
    const f = this.#f;
    const totals = this.#totals(this.#one, 1);
    const partial = this.#totals(this.#many, 1);
    f.for(f.local("i32"), i32.const(0), i32.const(stretches), 1, () => {
      left(f, partial, from).forEach((value, i) => this.#joinLanes(totals, partial[i] as Total, value));
      f.increment(from, bytesLeft(partial));
    });
    const n = this.#nest.dims[0] as number;
    this.#along((along) => {
      along.move(n - (n % 4));
      f.set(along.counter, i32.const(n - (n % 4)));
      remaining(along, n % 4, () => this.#joinOne(totals));
    });
    for (const t of totals) this.#store(this.#one, t.store, this.#finish(t));
  }

  #begin(): void {
    const { stores, dims } = this.#nest;
    const loads = [...this.#varies.keys()].filter((n): n is Load => n.kind === "load");
    for (const p of [...stores, ...loads]) this.#pointers.assign(p);
    for (let i = 0; i < dims.length; i++) this.#counters.push(this.#f.local("i32"));
    this.#fix(0, -1);
  }

  // The order of loops: kept ones, then, where elements side by side are kept apart, the innermost, then the reduced ones.
  #loops(level: number): void {
    const { dims, reduced, stores } = this.#nest;
    const firstReduced = reduced.indexOf(true);
    const folds = stores.some((s) => s.fold !== undefined);
    if (folds && level === (firstReduced < 0 ? this.#inner + 1 : firstReduced)) {
      if (this.#inner >= 0 && !reduced[this.#inner]) return this.#columns(level);
      const totals = this.#totals(this.#one, 1);
      this.#reduce(level, totals);
      for (const t of totals) this.#store(this.#one, t.store, this.#finish(t));
      return;
    }
    if (level > this.#inner) return this.#point(this.#one, 0);
    if (level === this.#inner) return this.#row();
    this.#loop(level, dims[level] as number, 1, () => {
      this.#fix(level + 1, level);
      this.#loops(level + 1);
    });
  }

  // A loop in which every pointer moves by its step, and is back afterwards; `count` is of turns, or the local that it ends at.
  #loop(level: number, count: number | Local<"i32">, by: number, body: () => void, from: I32 = i32.const(0)): void {
    const counter = this.#counters[level] as Local<"i32">;
    this.#pointers.along(level, (move) => {
      this.#f.for(counter, from, typeof count === "number" ? i32.const(count * by) : count, by, () => {
        body();
        move(by);
      });
    });
  }

  // The innermost loop of a nest that stores every element.
  #row(): void {
    const n = this.#nest.dims[this.#inner] as number;
    const { lanes, rest } = this.#mode;
    this.#fixRow();
    if (lanes === 1) return this.#loop(this.#inner, n, 1, () => this.#point(this.#one, 0));
    const vectors = rest === "beyond" ? Math.ceil(n / 4) : Math.floor(n / 4);
    this.#turns(vectors, [], (along) => {
      if (rest === "scalar") remaining(along, n % 4, () => this.#point(this.#one, 0));
      if (rest === "apart") this.#apart(n % 4, () => this.#point(this.#many, 0));
    });
  }

  // Stores or joins vectors along the innermost loop; `flush` is done after several of long loops.
  #turns(vectors: number, totals: readonly Total[], after: (along: Along) => void, flush?: (turns: number) => void, some?: Strips): void {
    const turns = turnsOf(this.#nest);
    const join = (turn: number): Join => (store, value) => this.#join(this.#many, totalOf(totals, store), turn, value, store.value.type);
    const body = (count: number): void => {
      for (let u = 0; u < count; u++) this.#settle(this.#many, this.#values(this.#many, u * 4), u * 4, join(u));
      flush?.(count);
    };
    this.#along((along) => {
      if (flush !== undefined || !this.#hasWays(vectors)) return strips(along, vectors, turns, body, () => after(along), some);
      const short = (count: number): { unusual: I32 | undefined; finish: () => void } => {
        const { result, unusual } = this.#many.usually(() => Array.from({ length: count }, (_, u) => this.#values(this.#many, u * 4)));
        return { unusual, finish: () => this.#settleAll(result, join(0)) };
      };
      shortFirst(along, vectors, turns, { short, whole: () => body(1) });
      after(along);
    });
  }

  #hasWays = (vectors: number): boolean => vectors >= leastForWays && hasShortWay(this.#nest);

  // What is summed is summed among the vectors first: with one total, more constants stay in registers.
  #settleAll(vectors: readonly ((node: Node) => Value)[], join: Join): void {
    const pairwise = (op: Fold["op"], type: Type, values: readonly Value[]): Value => {
      if (values.length === 1) return values[0] as Value;
      const half = values.length >> 1;
      return this.#named(this.#many.apply(op, type, [pairwise(op, type, values.slice(0, half)), pairwise(op, type, values.slice(half))]));
    };
    for (const s of this.#nest.stores) {
      const values = vectors.map((of) => of(s.value));
      if (s.fold === undefined) values.forEach((v, u) => this.#store(this.#many, s, v, u * 4));
      else if (s.fold.op.name === "add") join(s, pairwise(s.fold.op, s.value.type, values));
      else for (const v of values) join(s, v);
    }
  }

  #along(body: (along: Along) => void): void {
    this.#pointers.along(this.#inner, (move) => body({ f: this.#f, counter: this.#counters[this.#inner] as Local<"i32">, move: move as Along["move"] }));
  }

  // The last vector, of which so many elements are stored.
  #apart(count: number, body: () => void): void {
    this.#stored = count;
    body();
    this.#stored = 4;
  }

  // Stores every value at one point, `ahead` elements further along the innermost loop.
  #point(code: LaneCode, ahead: number, totals?: Join): void {
    this.#settle(code, this.#values(code, ahead), ahead, totals);
  }

  #settle(code: LaneCode, values: (node: Node) => Value, ahead: number, totals?: Join): void {
    for (const s of this.#nest.stores) {
      const value = values(s.value);
      if (s.fold !== undefined) totals?.(s, value);
      else this.#store(code, s, value, ahead);
    }
  }

  #values(code: LaneCode, ahead: number): (node: Node) => Value {
    const known = new Map<Node, Value>();
    const roots = this.#nest.stores.map((s) => s.value);
    const at = (node: Node): Value => (node.kind === "const" ? code.constant(node.type, node.value) : (known.get(node) ?? this.#fixedIn(code, node)));
    forEachNode(roots, (node) => {
      if (node.kind !== "const" && !this.#fixed.has(node)) known.set(node, this.#compute(code, node, ahead, at));
    });
    return at;
  }

  #fixedIn(code: LaneCode, node: Node): Value {
    const one = this.#fixed.get(node) as Value;
    if (code.lanes === 1) return one;
    return this.#spread.get(node) ?? spread(node.type, one);
  }

  #compute(code: LaneCode, node: Node, ahead: number, at: (node: Node) => Value): Value {
    switch (node.kind) {
      case "const":
        return code.constant(node.type, node.value);
      case "load":
        return this.#named(this.#load(code, node, ahead));
      case "index":
        return this.#named(this.#index(code, node.strides, node.offset, ahead));
      case "cast":
        return this.#named(code.cast(node.args[0].type, node.type, at(node.args[0])));
      case "call":
        return this.#named(code.apply(node.op, node.on, node.args.map(at)));
    }
  }

  #named(value: Value): Value {
    if (value.constant !== undefined) return value;
    return { parts: value.parts.map((p) => ("local" in p ? p : this.#f.local(p.type, p as never))) };
  }

  #load(code: LaneCode, node: Load, ahead: number): Value {
    const { pointer, offset, step } = this.#pointers.at(node, this.#inner);
    const from = offset + ahead * step;
    if (code.lanes === 1) return code.load(node.type, pointer, from);
    if (step === 0) return code.splat(node.type, pointer, offset);
    if (step === bytesOf[node.type]) return code.load(node.type, pointer, from);
    return code.gather(node.type, this.#f.local("i32", i32.add(pointer, i32.const(from))), i32.const(step));
  }

  #index(code: LaneCode, strides: readonly number[], offset: number, ahead: number): Value {
    const inner = strides[this.#inner] ?? 0;
    const at = (i: number): I32 => {
      const [from, counter] = [this.#pointers.from(i), this.#counters[i] as Local<"i32">];
      return from === undefined ? counter : i32.add(counter, from);
    };
    const terms = strides.flatMap((s, i) => (s === 0 ? [] : [i32.mul(at(i), i32.const(s))]));
    const first = terms.reduce((a, b) => i32.add(a, b), i32.const(offset + (this.#inner < 0 ? 0 : ahead * inner)));
    if (code.lanes === 1) return { parts: [first] };
    return { parts: [i32x4.add(i32x4.splat(first), laneSteps(inner))] };
  }

  #store(code: LaneCode, s: Store, value: Value, ahead = 0): void {
    const { pointer, offset, step } = this.#pointers.at(s, this.#inner);
    this.#put(code, s.buffer.type, pointer, value, offset + ahead * step);
  }

  #put(code: LaneCode, type: Type, pointer: Local<"i32">, value: Value, at: number): void {
    if (code.lanes === 1 || this.#stored === 4) return code.store(type, pointer, value, at);
    const vector = this.#named(value);
    for (let lane = 0; lane < this.#stored; lane++) this.#one.store(type, pointer, laneOf(type, vector, lane), at + lane * bytesOf[type]);
  }

  // Computes what changes in loop `level − 1` or in none, and in no loop from `level` on, as one element.
  #fix(level: number, changed: number): void {
    const later = ~((1 << level) - 1);
    this.#each((node, mask) => (mask & later) === 0 && (changed < 0 || (mask & (1 << changed)) !== 0));
  }

  // Spreads over vectors, before the innermost loop, what does not change in it.
  #fixRow(): void {
    if (this.#mode.lanes === 1) return;
    for (const node of this.#spreads) {
      const one = this.#fixed.get(node);
      if (one !== undefined) this.#spread.set(node, spread(node.type, one));
    }
  }

  #each(wanted: (node: Node, mask: number) => boolean): void {
    const at = (node: Node): Value => (node.kind === "const" ? this.#one.constant(node.type, node.value) : (this.#fixed.get(node) as Value));
    for (const [node, mask] of this.#varies) if (node.kind !== "const" && wanted(node, mask)) this.#fixed.set(node, this.#compute(this.#one, node, 0, at));
  }

  #totals = (code: LaneCode, turns: number): Total[] => totalsOf(this.#f, this.#nest, code, turns);

  #join = (code: LaneCode, total: Total, part: number, value: Value, type: Type): void => join(this.#f, code, total, part, value, type);

  #finish({ parts, type, store }: Total): Value {
    const [total] = parts as [Value];
    return type === store.buffer.type ? total : this.#one.cast(type, store.buffer.type, total);
  }

  // Reduced loops whose totals are single elements.
  #reduce(level: number, totals: readonly Total[]): void {
    const n = this.#nest.dims[level] as number;
    if (level > this.#inner) return this.#joinOne(totals);
    if (level < this.#inner) {
      return this.#loop(level, n, 1, () => {
        this.#fix(level + 1, level);
        this.#reduce(level + 1, totals);
      });
    }
    this.#fixRow();
    if (this.#mode.lanes === 1) this.#loop(level, n, 1, () => this.#joinOne(totals));
    else this.#stretches(totals);
  }

  #joinOne = (totals: readonly Total[]): void => this.#point(this.#one, 0, (store, value) => this.#join(this.#one, totalOf(totals, store), 0, value, store.value.type));

  #joinLanes(totals: readonly Total[], { store, type }: Total, value: Value): void {
    const joined = this.#named(value);
    for (let lane = 0; lane < 4; lane++) this.#join(this.#one, totalOf(totals, store), 0, this.#named(laneOf(type, joined, lane)), type);
  }

  // The innermost loop, reduced. Totals of lanes and turns, joined to the totals after each stretch, or else left for another to join:
  // short ones keep the digits of long sums.
  #stretches(totals: readonly Total[], some?: Strips): void {
    const level = this.#inner;
    const n = this.#nest.dims[level] as number;
    const turns = turnsOf(this.#nest);
    const vectors = Math.floor(n / 4);
    const isShort = some === undefined && vectors <= 2 * stretch;
    const partial = this.#totals(this.#many, isShort && this.#hasWays(vectors) ? 1 : turns);
    const flush = (): void => {
      for (const p of partial) {
        merge(this.#f, this.#many, p);
        const total = settled(this.#many, p, 0);
        if (some === undefined) this.#joinLanes(totals, p, total);
        else leave(this.#f, some.to, total);
        clear(this.#f, this.#many, p);
      }
    };
    const isLong = some !== undefined || (!isShort && partial.some((p) => p.marks === undefined));
    const flushes = (count: number): void => {
      if (count === turns) this.#f.if(i32.eqz(i32.and(this.#counters[level] as Local<"i32">, i32.const(4 * turns * stretch - 1))), flush);
    };
    this.#turns(vectors, partial, (along) => {
      flush();
      if (some === undefined) remaining(along, n % 4, () => this.#joinOne(totals));
    }, isLong ? flushes : undefined, some);
  }

  // Elements side by side, each with a total of its own: the reduced loops run inside of strips of the innermost one.
  #columns(level: number): void {
    const n = this.#nest.dims[this.#inner] as number;
    const { lanes, rest } = this.#mode;
    const reduce = (visit: () => void, depth = level): void => {
      if (depth === this.#inner) visit();
      else this.#loop(depth, this.#nest.dims[depth] as number, 1, () => reduce(visit, depth + 1));
    };
    const inside = (code: LaneCode, turns: number, rows: (visit: () => void) => void, isJoined = false): void => {
      const totals = this.#totals(code, turns);
      rows(() => {
        this.#each((_node, mask) => (mask & (1 << this.#inner)) === 0 && mask >> level !== 0);
        for (let u = 0; u < turns; u++) this.#point(code, u * code.lanes, (store, value) => this.#join(code, totalOf(totals, store), u, value, store.value.type));
      });
      for (const t of totals) this.#keep(code, t, isJoined);
    };
    this.#fixRow();
    if (lanes === 1) return this.#loop(this.#inner, n, 1, () => inside(this.#one, 1, reduce));
    const vectors = rest === "beyond" ? Math.ceil(n / 4) : Math.floor(n / 4);
    const eachStrip = (body: (code: LaneCode, turns: number) => void): void => {
      this.#along((along) => strips(along, vectors, turnsOf(this.#nest), (turns) => body(this.#many, turns), () => {
        if (rest === "scalar") remaining(along, n % 4, () => body(this.#one, 1));
        if (rest === "apart") this.#apart(n % 4, () => body(this.#many, 1));
      }));
    };
    if (!isTall(this.#nest)) return eachStrip((code, turns) => inside(code, turns, reduce));
    eachStrip((code, turns) => this.#totals(code, turns).forEach((t) => this.#keep(code, t)));
    this.#blocks(level, (rows) => eachStrip((code, turns) => inside(code, turns, rows, true)));
  }

  // Blocks of rows in the order of memory; `body` is given the loop over the rows of one.
  #blocks(level: number, body: (rows: (visit: () => void) => void) => void): void {
    const n = this.#nest.dims[level] as number;
    if (level < this.#inner - 1) return this.#loop(level, n, 1, () => this.#blocks(level + 1, body));
    const first = this.#counters[level] as Local<"i32">;
    const row = this.#f.local("i32");
    this.#loop(level, Math.ceil(n / blockOfRows), blockOfRows, () => {
      const end = this.#f.local("i32", i32.add(first, i32.const(blockOfRows)));
      if (n % blockOfRows > 0) this.#f.set(end, select(i32.ltU(end, i32.const(n)), end, i32.const(n)));
      this.#counters[level] = row;
      body((visit) => this.#loop(level, end, 1, visit, first));
      this.#counters[level] = first;
    });
  }

  // Stores totals of elements side by side, joined to what is there already or not.
  #keep(code: LaneCode, total: Total, isJoined = false): void {
    const { parts, store, type, fold } = total;
    const to = store.buffer.type;
    const { pointer, offset, step } = this.#pointers.at(store, this.#inner);
    parts.forEach((_, u) => {
      const at = offset + u * code.lanes * step;
      const part = this.#named(settled(code, total, u));
      const value = isJoined ? code.apply(fold.op, to, [code.load(to, pointer, at), code.cast(type, to, part)]) : code.cast(type, to, part);
      this.#put(code, to, pointer, value, at);
    });
  }
}
