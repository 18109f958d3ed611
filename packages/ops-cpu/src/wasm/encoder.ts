// Writing WebAssembly. Expressions are typed trees (`Code<"f32">`) made by functions named as the instructions are; a local
// reads itself; statements go to a FunctionBuilder, functions to a ModuleBuilder, which assembles bytes:
//   const m = new ModuleBuilder(); m.importMemory("env", "memory");
//   m.function(["i32", "f32"], "f32", (f, p, x) => { const y = f.local("f32", f32.mul(x, x)); f.do(f32.store(p, y)); return y; }, "square");
// Constants of loops come from `Constants`. All SIMD128 instructions are in f32x4, f64x2, i32x4, i64x2, i16x8, i8x16 and v128.

export { call, type Callee, type Code, code, type F32, type F64, type Global, type I32, type I64, type Local, type Locals, select, type V128, type ValueType } from "./code.js";
export { Constants } from "./constants.js";
export { FunctionBuilder, type Label, type Mark } from "./function.js";
export { ModuleBuilder } from "./module.js";
export { f32, f64, i32, i64, memory } from "./scalar-ops.js";
export { f32x4, f64x2, i16x8, i32x4, i64x2, i8x16, v128 } from "./vector-ops.js";
