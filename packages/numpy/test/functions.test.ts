// Values of NumPy's functions, which jax/functions.py made with NumPy.

import { useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { expect, test } from "vitest";
import { expectNear, host, reference, type Result } from "./reference.js";

useBackend(cpu());
const { arrays } = await import("./array-cases.js");
const { numbers } = await import("./cases.js");
const wanted = reference("functions");
const cases: Record<string, () => Result> = { ...numbers, ...arrays };
// What has float32 results.
const rough = new Set(["hanning", "hamming", "blackman", "bartlett", "kaiser", "logspace", "logspace base 2", "deg2rad"]);

test("every case of the reference is here", () => expect(Object.keys(cases).sort()).toEqual(Object.keys(wanted).sort()));
test.each(Object.keys(cases))("%s", (name) => expectNear(host((cases[name] as () => Result)()), wanted[name]!, rough.has(name) ? 5e-7 : 1e-13));
