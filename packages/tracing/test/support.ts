// A backend that holds arrays and computes nothing: programs are traced without computing.

import { type Backend, MissingRuleError, Tensor, type TypedArray } from "@gradus/core";

export const storage: Backend = {
  name: "storage",
  put: (data, aval) => new Tensor(aval, data.slice(), null, storage),
  read: (x) => (x.payload as TypedArray).slice(),
  readAsync: (x) => Promise.resolve(storage.read(x)),
  perform(p, args, params) {
    const { decompose } = p.rules;
    if (decompose !== undefined) return decompose(args, params);
    throw new MissingRuleError(`the storage computes nothing, and ${p.name} was applied`);
  },
};

/** The lines of a text, without the indentation of the test. */
export const text = (lines: TemplateStringsArray): string => {
  const all = (lines.raw[0] as string).split("\n").slice(1, -1);
  const indent = Math.min(...all.map((l) => l.length - l.trimStart().length));
  return all.map((l) => l.slice(indent)).join("\n");
};
