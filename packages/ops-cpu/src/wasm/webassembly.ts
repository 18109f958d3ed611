// The part of the host's WebAssembly API that is used, which the standard library of the language does not type.

export interface WasmModule {
  readonly __module?: never;
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; views of the old buffer are dead afterwards. */
  grow(pages: number): number;
}
export interface WasmInstance {
  readonly exports: Readonly<Record<string, any>>;
}
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports?: WasmImports) => WasmInstance;
  readonly Memory: new (size: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
}

/** The API of this host, undefined where there is none. */
export const webAssembly: WasmApi | undefined = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
