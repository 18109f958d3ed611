// Two instances of one backend do not share tensors, and the error says that this is what they are.

import { describe, expect, it } from "vitest";
import { add, array, type Backend, BackendMismatchError, concatenate, cpu, toBackend, toBackendAsync, withBackend } from "../src/index.js";

describe("tensors of two backends of one name", () => {
  const ours = array([1, 2]);
  const theirs = withBackend(cpu(), () => array([3, 4]));

  it.each([
    ["an elementwise operation", () => add(ours, theirs)],
    ["any other", () => concatenate([ours, theirs])],
  ])("do not mix in %s", (_what, run) => {
    expect(run).toThrow(BackendMismatchError);
    expect(run).toThrow(/on the backend cpu, another on a second instance of it: make one, and share it/);
  });

  it("meet once one was moved", async () => {
    expect(add(toBackend(ours, theirs.backend as Backend), theirs).js()).toEqual([4, 6]);
    expect(add(await toBackendAsync(ours, theirs.backend as Backend), theirs).js()).toEqual([4, 6]);
  });

  it("each compute where they are", () => {
    expect(add(theirs, 1).js()).toEqual([4, 5]);
    expect(withBackend(cpu(), () => add(ours, 1)).js()).toEqual([2, 3]);
  });
});
