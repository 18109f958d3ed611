// The smallest program: only what it uses is in the bundle.

import { useBackend } from "@gradus/core";
import { sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { grad } from "@gradus/vjp";

useBackend(eagerCpu());
console.log(grad((x) => sin(x))(1).item());
