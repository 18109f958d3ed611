// The same with everything that the umbrella package brings.

import { grad, sin } from "gradus";

console.log(grad((x) => sin(x))(1).item());
