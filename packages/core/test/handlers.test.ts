// The handler stack: who sees an application, what runs below, whose value a tracer is, and what escapes.

import { beforeEach, describe, expect, test } from "vitest";
import {
  add, addP, ArgumentError, array, type AnyPrimitive, avalOf, bind, currentHandlers, EscapedTracerError, full, type Handler, lift, mul, mulP, neg, negP, payloadOf, performBelow, reduceSum, stack, base,
  Tensor, useBackend, withHandler,
} from "../src/index.js";
import { ToyBackend } from "./toy-backend.js";

let toy = new ToyBackend();
const log: string[] = [];
beforeEach(() => {
  useBackend((toy = new ToyBackend()));
  log.length = 0;
});

/** Logs what it sees under its name, and forwards it. */
const observer = (name: string, more: Partial<Handler> = {}): Handler => ({
  name,
  perform(p, args, params) {
    log.push(`${name}:${p.name}`);
    return performBelow(p, args, params);
  },
  ...more,
});

/** Carries a number of its own beside each value: how many operations it went through. */
const counter = (name = "depth"): Handler => {
  const handler: Handler = {
    name,
    sees: "own",
    perform(p, args, params) {
      log.push(`${name}:${p.name}`);
      const depths = args.map((a) => payloadOf<{ x: Tensor; depth: number }>(handler, a) ?? { x: a, depth: 0 });
      const [out] = performBelow(p, depths.map((d) => d.x), params);
      return lift(handler, { x: out, depth: 1 + Math.max(...depths.map((d) => d.depth)) }, out!.aval);
    },
  };
  return handler;
};
const box = (handler: Handler, x: Tensor): Tensor => lift(handler, { x, depth: 0 }, x.aval);
const depthOf = (handler: Handler, x: Tensor): number | undefined => payloadOf<{ depth: number }>(handler, x)?.depth;

describe("withHandler", () => {
  test("installs the handler for the extent of the call and gives the result back", () => {
    const out = withHandler(observer("a"), () => add(array([1, 2]), 1));
    expect(out.js()).toEqual([2, 3]);
    expect(log).toEqual(["a:broadcast", "a:add"]);
    add(array([1]), array([1]));
    expect(log.length).toBe(2);
  });

  test("innermost first; what a handler performs goes to the next one out, then to the backend", () => {
    withHandler(observer("outer"), () => withHandler(observer("inner"), () => neg(array([1]))));
    expect(log).toEqual(["inner:neg", "outer:neg"]);
    expect(toy.log).toEqual(["neg"]);
  });

  test("a handler that does not forward answers alone", () => {
    const constant: Handler = { name: "constant", perform: () => array(7) };
    expect(withHandler(observer("outer"), () => withHandler(constant, () => add(array(1), array(2)))).item()).toBe(7);
    expect(log).toEqual([]);
    expect(toy.log).toEqual([]);
  });

  test("a handler that rewrites performs other operations below itself", () => {
    const rewriting: Handler = { name: "rewriting", perform: (p, args, params) => (p === addP ? [mul(args[0]!, args[1]!)] : performBelow(p, args, params)) };
    expect(withHandler(observer("outer"), () => withHandler(rewriting, () => add(array(3), array(4)))).item()).toBe(12);
    expect(log).toEqual(["outer:mul"]);
  });

  test("a single output may be returned bare or in an array", () => {
    for (const out of [array(7), [array(7)]]) expect(withHandler({ name: "either", perform: () => out }, () => neg(array(1))).item()).toBe(7);
  });

  test("names the handlers in place, innermost first, and below a running one those below it", () => {
    const seen: (readonly string[])[] = [];
    const asks = observer("asks", { perform: (p, args, params) => (seen.push(currentHandlers()), performBelow(p, args, params)) });
    expect(currentHandlers()).toEqual([]);
    withHandler(observer("outer"), () => withHandler(asks, () => (seen.push(currentHandlers()), neg(array(1)))));
    expect(seen).toEqual([["asks", "outer"], ["outer"]]);
    expect(currentHandlers()).toEqual([]);
  });

  test("restores the stack when the callback or a rule throws, at any depth", () => {
    const failing: Handler = {
      name: "failing",
      perform: () => {
        throw new RangeError("on purpose");
      },
    };
    expect(() => withHandler(observer("outer"), () => withHandler(failing, () => neg(array(1))))).toThrow(RangeError);
    expect([currentHandlers(), stack.top, stack.running]).toEqual([[], base, null]);
    withHandler(observer("outer"), () => {
      expect(() => withHandler(failing, () => neg(array(1)))).toThrow(RangeError);
      expect(currentHandlers()).toEqual(["outer"]);
      expect(() => withHandler(observer("inner", { perform: failing.perform }), () => neg(array(1)))).toThrow(RangeError);
      expect(neg(array(1)).item()).toBe(-1);
    });
    expect(log).toEqual(["outer:neg"]);
  });

  test("a rule that catches an error below goes on where it was", () => {
    const failing: Handler = {
      name: "failing",
      perform: (p, args, params) => {
        if (p === mulP) throw new RangeError("on purpose");
        return performBelow(p, args, params);
      },
    };
    const careful: Handler = {
      name: "careful",
      perform(p, args, params) {
        try {
          return performBelow(p, args, params);
        } catch {
          return [neg(args[0]!)];
        }
      },
    };
    expect(withHandler(failing, () => withHandler(careful, () => mul(array(2), array(3)))).item()).toBe(-2);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["an async function", async () => 1, /withHandler\(a\) needs a synchronous function.*returned a promise.*Await the data before/],
    ["a generator", function* () {
      yield 1;
    }, /generator or iterator/],
    ["an async generator", async function* () {
      yield 1;
    }, /generator or iterator/],
    ["an iterator", () => [1][Symbol.iterator](), /generator or iterator/],
  ])("refuses %s", (_name, f, message) => {
    expect(() => withHandler(observer("a"), f)).toThrow(ArgumentError);
    expect(() => withHandler(observer("a"), f)).toThrow(message);
    expect(currentHandlers()).toEqual([]);
  });

  test("the continuation of a refused async function is silenced, and cannot use what it kept", async () => {
    const failures: unknown[] = [];
    const unhandled = (e: unknown): void => void failures.push(e);
    process.on("unhandledRejection", unhandled);
    const handler = counter();
    let later: unknown;
    expect(() =>
      withHandler(handler, async () => {
        const x = box(handler, array(1));
        await Promise.resolve();
        try {
          neg(x);
        } catch (error) {
          later = error;
          throw error;
        }
      }),
    ).toThrow(ArgumentError);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", unhandled);
    expect(later).toBeInstanceOf(EscapedTracerError);
    expect(failures).toEqual([]);
  });
});

describe("what a handler sees", () => {
  test('with sees "own" only applications that have a tracer of its own', () => {
    const h = counter();
    withHandler(h, () => {
      add(array(1), array(2));
      const out = add(box(h, array(1)), array(2));
      expect(depthOf(h, out)).toBe(1);
      expect(depthOf(h, mul(out, out))).toBe(2);
    });
    expect(log).toEqual(["depth:add", "depth:mul"]);
  });

  test("the innermost handler that is interested comes first, though its frame is not on top", () => {
    const outer = counter("outer");
    const inner = counter("inner");
    withHandler(outer, () =>
      withHandler(inner, () => {
        const x = box(outer, array(1));
        expect(depthOf(outer, neg(x))).toBe(1);
        expect(log).toEqual(["outer:neg"]);
        const both = add(box(inner, x), x);
        // To the inner handler the outer one's value is a constant; the outer one sees what the inner one performs.
        expect(depthOf(inner, both)).toBe(1);
        expect(depthOf(outer, both)).toBeUndefined();
        expect(depthOf(outer, payloadOf<{ x: Tensor }>(inner, both)!.x)).toBe(1);
      }),
    );
    expect(log.slice(1)).toEqual(["inner:add", "outer:add"]);
  });

  test("one that sees everything between two that see their own is not skipped", () => {
    const h = counter("h");
    withHandler(h, () => {
      const x = box(h, array(1));
      withHandler(observer("all"), () => withHandler(counter("other"), () => neg(x)));
    });
    expect(log).toEqual(["all:neg", "h:neg"]);
  });

  test("the wrappers show conversions as operations, the direct application does not convert", () => {
    withHandler(observer("a"), () => add(array([1, 2], { dtype: "int32" }), array(0.5)));
    expect(log).toEqual(["a:cast", "a:broadcast", "a:add"]);
    log.length = 0;
    expect(() => withHandler(observer("a"), () => bind(addP, [array([1, 2]), array(0.5)]))).toThrow(/operands must have equal shapes.*f32\[2\], f32\[\]/);
  });
});

describe("lift and payloadOf", () => {
  test("give a handler its own values, nobody else's", () => {
    const a = counter("a");
    const b = counter("b");
    withHandler(a, () =>
      withHandler(b, () => {
        const x = lift(a, "payload", avalOf([2], "int32"));
        expect([payloadOf(a, x), payloadOf(b, x), x.aval.toString()]).toEqual(["payload", undefined, "i32[2]"]);
        expect([payloadOf(a, array(1)), payloadOf(a, 1), payloadOf(a, null), payloadOf(a, { frame: x.frame, payload: 1 })]).toEqual([undefined, undefined, undefined, undefined]);
      }),
    );
  });

  test("lift outside the handler's extent is an escape", () => {
    const h = counter();
    expect(() => lift(h, 0, avalOf([], "float32"))).toThrow(EscapedTracerError);
    expect(() => lift(h, 0, avalOf([], "float32"))).toThrow(/lift: the handler depth is not in place here/);
    expect(() => withHandler(counter(), () => lift(h, 0, avalOf([], "float32")))).toThrow(EscapedTracerError);
  });

  test("one handler installed twice has values of two installations", () => {
    const h = counter();
    const seen: unknown[] = [];
    withHandler(h, () => {
      const outer = box(h, array(1));
      withHandler(h, () => {
        const inner = box(h, array(2));
        seen.push(depthOf(h, outer), depthOf(h, inner));
        // The outer value is a constant for the inner installation, and performed upon below it.
        const sum = add(inner, outer);
        seen.push(depthOf(h, sum));
        const below = payloadOf<{ x: Tensor }>(h, sum)!.x;
        seen.push(depthOf(h, below), below.frame === outer.frame);
      });
      seen.push(depthOf(h, outer));
    });
    expect(seen).toEqual([undefined, 0, 1, undefined, true, 0]);
    expect(log).toEqual(["depth:add", "depth:add"]);
  });

  test("while a handler runs, its own frame is the one that lift and payloadOf mean, also installed twice", () => {
    const payloads: unknown[] = [];
    const h: Handler = {
      name: "h",
      sees: "own",
      perform(p, args, params) {
        payloads.push(args.map((a) => payloadOf(h, a)));
        const inner = args.map((a) => payloadOf<Tensor>(h, a) ?? a);
        const out = performBelow(p, inner, params)[0]!;
        return lift(h, out, out.aval);
      },
    };
    const out = withHandler(h, () => {
      const x = lift(h, array(3), avalOf([], "float32"));
      return withHandler(h, () => {
        const y = lift(h, x, x.aval);
        return payloadOf<Tensor>(h, mul(y, y))!;
      });
    });
    expect(payloads.map((p) => (p as Tensor[]).map((t) => t instanceof Tensor && t.frame === null))).toEqual([[false, false], [true, true]]);
    expect(out.frame?.alive).toBe(false);
  });

  test("a rule that installs another handler still lifts for its own", () => {
    const h: Handler = {
      name: "h",
      sees: "own",
      perform: (p, args, params) => {
        const values = args.map((a) => payloadOf<Tensor>(h, a) ?? a);
        return withHandler(observer("helper"), () => {
          const out = performBelow(p, values, params)[0]!;
          return lift(h, out, out.aval);
        });
      },
    };
    withHandler(h, () => {
      const out = neg(lift(h, array(2), avalOf([], "float32")));
      expect(payloadOf<Tensor>(h, out)?.item()).toBe(-2);
    });
    // Nor is it taken for an outer installation of the same handler.
    withHandler(h, () =>
      withHandler(h, () => {
        const out = neg(lift(h, array(2), avalOf([], "float32")));
        expect(payloadOf<Tensor>(h, out)?.item()).toBe(-2);
      }),
    );
  });
});

describe("escapes", () => {
  const h = counter();
  const escapes = (use: () => unknown, message: RegExp): void => {
    expect(use).toThrow(EscapedTracerError);
    expect(use).toThrow(message);
  };

  test("a tracer whose handler has ended", () => {
    const kept = withHandler(h, () => box(h, array([1, 2])));
    escapes(() => neg(kept), /neg: an argument f32\[2\] belongs to depth, which has ended.*Return it from the function/);
    escapes(() => reduceSum(kept), /reduce_sum/);
    escapes(() => add(array(1), kept), /add/);
    escapes(() => bind(negP, [kept]), /neg/);
    escapes(() => withHandler(h, () => neg(kept)), /has ended/);
    escapes(() => withHandler(observer("a"), () => add(kept, 1)), /has ended/);
  });

  test("a tracer of the handler that is running, captured by its rule", () => {
    let captured: Tensor;
    const leaking: Handler = { name: "leaking", sees: "own", perform: () => [neg(captured)] };
    withHandler(leaking, () => {
      captured = lift(leaking, 0, avalOf([], "float32"));
      escapes(() => neg(captured), /belongs to leaking, whose rule is being applied.*captured it\..*pass it to the rule as an explicit argument/);
    });
  });

  test("a tracer of an inner handler that is alive, seen from a rule further out", () => {
    let captured: Tensor | undefined;
    const outer: Handler = { name: "outer", perform: (p, args, params) => (captured === undefined ? performBelow(p, args, params) : [neg(captured)]) };
    withHandler(outer, () =>
      withHandler(h, () => {
        captured = box(h, array(1));
        escapes(() => neg(array(1)), /belongs to depth, whose rule is being applied/);
      }),
    );
  });

  test("identity decides, not depth: a dead frame as deep as a living one", () => {
    const dead = withHandler(counter("first"), () => undefined as unknown);
    expect(dead).toBeUndefined();
    const first = counter("first");
    const kept = withHandler(first, () => box(first, array(1)));
    const second = counter("second");
    withHandler(second, () => {
      expect(kept.frame?.depth).toBe(box(second, array(1)).frame?.depth);
      escapes(() => neg(kept), /belongs to first, which has ended/);
    });
  });
});

test("a handler that gives nothing is named, with what it should give", () => {
  for (const nothing of [undefined, null]) {
    const forgetful = { name: "forgetful", perform: () => nothing as never };
    expect(() => withHandler(forgetful, () => neg(array(1)))).toThrow(ArgumentError);
    expect(() => withHandler(forgetful, () => neg(array(1)))).toThrow(/The handler forgetful gave nothing for neg: return performBelow\(primitive, args, params\), or tensors/);
  }
});

test("what is no tensor is refused by bind, naming it", () => {
  for (const x of [1, "a", undefined, null, [array(1)], {}]) {
    expect(() => bind(negP, [x as never])).toThrow(ArgumentError);
    expect(() => bind(negP, [x as never])).toThrow(/neg: an argument/);
  }
});

test("a long stack of handlers neither recurses too deep nor loses its order", () => {
  const names = Array.from({ length: 200 }, (_, i) => `h${i}`);
  const run = names.reduceRight<() => Tensor>((f, name) => () => withHandler(observer(name), f), () => neg(full([2], 1)));
  expect(run().js()).toEqual([-1, -1]);
  expect(log.filter((l) => l.endsWith(":neg"))).toEqual(names.map((n) => `${n}:neg`).reverse());
});

const primitives: AnyPrimitive[] = [addP, mulP, negP];
test("primitives are told apart by identity, not by name", () => {
  expect(new Set(primitives.map((p) => p.id)).size).toBe(3);
});
