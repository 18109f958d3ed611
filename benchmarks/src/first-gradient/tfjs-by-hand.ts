// TensorFlow.js with only the kernels and the gradient that the program needs, registered by hand.

import { grad, registerGradient, registerKernel, scalar, setBackend, sin } from "@tensorflow/tfjs-core";
import { sinGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Sin_grad.js";
import "@tensorflow/tfjs-backend-cpu/dist/base.js";
import { castConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cast.js";
import { cosConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Cos.js";
import { identityConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Identity.js";
import { multiplyConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply.js";
import { sinConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Sin.js";

registerGradient(sinGradConfig);
for (const kernel of [castConfig, cosConfig, identityConfig, multiplyConfig, sinConfig]) registerKernel(kernel);
await setBackend("cpu");
console.log(grad((x) => sin(x))(scalar(1)).dataSync()[0]);
