// From a nest to passes: stores at every point go together, as many as the device writes at once; folds follow, which read what
// was stored rather than compute it again; numbers that the host knows are computed there.

import type { Buffer, Nest, Node, Store } from "@gradus/loops";
import { elementwisePass } from "./elementwise-pass.js";
import type { Placement } from "./emission.js";
import { foldPasses, type FoldStore } from "./fold-pass.js";
import { evaluator } from "./host-nest.js";
import type { Limits, LoopPass, NestPlan } from "./loop-pass.js";
import { cut, functionsIn, replaced } from "./narrow.js";

export function planNest({ dims, stores }: Nest, placement: Placement, limits: Limits): NestPlan {
  const temporaries: Buffer[] = [];
  const temporary = ({ type }: Node, size: number): Buffer => {
    const buffer: Buffer = { id: -1 - temporaries.length, type, size };
    temporaries.push(buffer);
    return buffer;
  };
  const isNumber = ({ buffer }: Store): boolean => placement.numbers.has(buffer);
  const passes: LoopPass[] = [];
  const fits = (list: readonly LoopPass[], of: readonly Store[]): boolean =>
    list.every((p) => p.inputs.length <= limits.textures && p.ints.length + p.floats.length <= limits.numbers) && functionsIn(of.map((s) => s.value)) <= limits.functions;

  // As many of some stores as fit into one pass, then as many of the others …
  const together = <S extends Store>(given: readonly S[], make: (stores: readonly S[]) => readonly LoopPass[]): void => {
    let group: S[] = [];
    let made: readonly LoopPass[] = [];
    const end = (): void => {
      passes.push(...made);
      [group, made] = [[], []];
    };
    for (const store of given) {
      const isAlike = group.length < limits.targets && group.every((s) => s.strides.join() === store.strides.join());
      const larger = isAlike ? make([...group, store]) : [];
      if (isAlike && fits(larger, [...group, store])) {
        group.push(store);
        made = larger;
        continue;
      }
      if (group.length > 0) end();
      group = [narrowed(store, make)];
      made = make(group);
    }
    if (group.length > 0) end();
  };
  const narrowed = <S extends Store>(store: S, make: (stores: readonly S[]) => readonly LoopPass[]): S => {
    if (fits(make([store]), [store])) return store;
    const parts = cut(store.value, dims, limits, temporary);
    if (parts === undefined) return store;
    together([parts.store], (s) => [elementwisePass(dims, s, placement)]);
    return narrowed({ ...store, value: parts.rest }, make);
  };

  const whole = stores.filter((s) => s.fold === undefined && !isNumber(s));
  together(whole, (s) => [elementwisePass(dims, s, placement)]);
  const computed = new Map<Node, Node>();
  for (const { buffer, value, strides, offset } of whole) {
    if (value.kind === "call" && value.type === buffer.type) computed.set(value, { kind: "load", type: buffer.type, buffer, strides, offset });
  }
  const folds = stores.filter((s): s is FoldStore => s.fold !== undefined).map((s) => ({ ...s, value: replaced(s.value, computed) }));
  together(folds, (s) => foldPasses(dims, s, placement, temporary));
  return { numbers: stores.filter(isNumber).map(({ buffer, value }) => ({ buffer, value: evaluator(value, buffer.type) })), passes, temporaries: temporaries.filter((b) => passes.some((p) => p.outs.includes(b))) };
}
