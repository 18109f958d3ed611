import { useBackend, array, mul, add } from "@gradus/core";
import { sin, cos } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { jvp } from "@gradus/jvp";
import { cpu } from "@gradus/ops-cpu";
useBackend(cpu());
function bench(name: string, f: () => any, n = 20000) {
  for (let i = 0; i < n; i++) f();
  let best = Infinity;
  for (let r = 0; r < 7; r++) { const t = performance.now(); for (let i = 0; i < n; i++) f(); best = Math.min(best, (performance.now() - t) / n * 1e6); }
  console.log(name.padEnd(30), best.toFixed(0), "ns");
}
const x = array(0.7), x10 = array(Array.from({ length: 10 }, (_, i) => i / 10)), y10 = array(Array.from({ length: 10 }, (_, i) => i));
bench("sin scalar", () => sin(x), 200000);
bench("add scalar", () => add(x, x), 200000);
bench("mul(x,2)", () => mul(x, 2), 200000);
bench("add len 10", () => add(x10, y10), 200000);
bench("sin len 10", () => sin(x10), 200000);
const f = (x: any) => mul(sin(x), cos(x));
const g = grad(f);
bench("f", () => f(x), 200000);
bench("jvp f", () => jvp(f, [x], [1]));
bench("grad f", () => g(x));
bench("grad f number", () => g(0.7));
const gg = grad(g); bench("grad grad f", () => gg(x));
const h = grad(grad(grad((x: any) => mul(x, sin(x))))); bench("third x sin x", () => h(x), 3000);
const chain = grad((x: any) => { let y = x; for (let i = 0; i < 100; i++) y = sin(y); return y; }); bench("chain 100", () => chain(x), 2000);
