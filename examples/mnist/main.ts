// Handwritten digits, read by a network whose weights are quantised; how it is trained is in train.ts.
//   npm start -- [epochs, 2 unless given]

import { Presets, SingleBar } from "cli-progress";
import { type Tensor, tree } from "gradus";
import { heldOut, training } from "./data.js";
import { accuracy, quantised, stepsOf, train } from "./train.js";

const epochs = Number(process.argv[2] ?? 2);
const [digits, test] = [training(), heldOut()];
console.log(`${digits.count} digits to train on, ${test.count} held out`);
const bar = new SingleBar({ format: "{bar} {percentage} % | {value}/{total} steps | {duration_formatted}" }, Presets.shades_classic);
bar.start(epochs * stepsOf(digits), 0);
const net = train(digits, epochs, () => bar.increment());
bar.stop();

const values = net.map(({ weights }) => new Set(quantised(weights).dataSync()).size);
console.log(`values of weights: ${values.join(" and ")}, in place of ${tree.leaves(net).reduce((n: number, w) => n + (w as Tensor).size, 0)} parameters' own`);
console.log(`accuracy on the digits held out: ${accuracy(net, test).toFixed(2)} %`);
