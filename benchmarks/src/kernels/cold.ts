// The first program that a process compiles: prints the nanoseconds.

import { newProgram } from "./compile.js";

console.log(newProgram(0).compile);
