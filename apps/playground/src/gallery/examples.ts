// The gallery: the seed programs, each in a file of its own that is type-checked against the library like any other.


const programs = import.meta.glob<string>("./programs/*.ts", { query: "?raw", import: "default", eager: true });

export interface Example {
  /** Its name in addresses, and of its file. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in a paragraph. */
  readonly text: string;
  readonly code: string;
}

const entries: readonly Omit<Example, "code">[] = [
  {
    id: "stopped-product",
    title: "A stopped product",
    text:
      "stopGradient(x) is the identity forwards and zero backwards: use this value, but treat it as a constant. Here sin x · cos x has the value 0.5 at π/4 " +
      "and the derivative cos 2x = 0. With cos x stopped the value stays, and the derivative is cos² x = 0.5.",
  },
  {
    id: "straight-through",
    title: "Straight-through rounding",
    text:
      "Rounding has no useful derivative, and networks with quantised weights are trained all the same: forwards they round, backwards they pretend not to. " +
      "At 2.7, round(x) · x is 8.1; its derivative is 3 with plain round, and round(x) + x = 5.7 straight through.",
  },
  {
    id: "round-zero",
    title: "The zero gradient of round",
    text:
      "A step function is flat almost everywhere, so round has the gradient 0: no error, but a constant as far as the derivative is concerned. A loss behind " +
      "it does not learn. withRules gives round another rule for an extent, and leaves the loss as it is.",
  },
  {
    id: "smooth-step",
    title: "A smooth surrogate",
    text:
      "Where zero is not wanted, a smooth function can stand in: sigmoid(k·x) for the step at 0. The larger k, the closer it is to the step, and the more its " +
      "gradient gathers at the jump. Compare the curves, and zoom in.",
  },
  {
    id: "missing-rule",
    title: "A missing rule",
    text:
      "An operation for which nobody has written a derivative is an error, and only when a differentiated value reaches it. The error says which operation, " +
      "in which transformation, and what to do: stop the gradient before it, or give it one.",
  },
  {
    id: "target-network",
    title: "A target network",
    text:
      "In reinforcement learning a value is updated towards a target made of itself. The target is meant as a constant: with stopGradient around it, learning " +
      "finds the true value 0.909. Let the gradient through, and it settles at 0.990, which minimises the error and is wrong.",
  },
  {
    id: "truncated",
    title: "Truncated backpropagation",
    text:
      "A state that is carried through a loop can be stopped k steps before the end: the value is the same, and the gradient looks back k steps only. Cheaper, " +
      "and tamer where gradients explode, at the price of a bias that the plot shows.",
  },
  {
    id: "nan-isolation",
    title: "Isolating NaN",
    text:
      "select(x > 0, √x, 0) never returns NaN, and its gradient does: the branch not taken contributes 0 · ∞. stopGradient isolates the culprit and saves the " +
      "rest of the gradient. Mending the cause is usually better: never show √ a number that it cannot take.",
  },
  {
    id: "newton",
    title: "A loop of unknown length",
    text:
      "Newton's method for √a, run until it has converged: the number of steps depends on the data. Its gradient is that of the steps that were made, in reverse " +
      "mode too, under vmap (the plot) and compiled. whileLoop records what each step needs on a stack, and walks it back.",
  },
];

export const examples: readonly Example[] = entries.map((e) => ({ ...e, code: programs[`./programs/${e.id}.ts`] ?? "" }));

/** The example with this id. */
export const exampleOf = (id: string | undefined): Example | undefined => examples.find((e) => e.id === id);
