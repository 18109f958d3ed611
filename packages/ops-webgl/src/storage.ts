// Where the elements of tensors are: on the device, or read back to the host because the device was to hold others. The backend
// refers strongly to what is on the device, and to nothing else: what was read back goes when its tensors go.

import { allocate, ArgumentError, type DType, type TypedArray } from "@gradus/core";
import type { Precision } from "./context.js";
import type { Texture } from "./textures.js";
import { TexturePool } from "./textures.js";
import { download, upload } from "./transfer.js";

/** Elements of one dtype, in a texture or on the host; in neither after their release. */
export class Storage {
  readonly dtype: DType;
  readonly size: number;
  texture: Texture | undefined = undefined;
  host: TypedArray | undefined = undefined;

  constructor(dtype: DType, size: number) {
    this.dtype = dtype;
    this.size = size;
  }
}

export class Memory {
  readonly pool: TexturePool;
  readonly counts = { uploads: 0, downloads: 0, evictions: 0 };
  readonly #gl: WebGL2RenderingContext;
  readonly #budget: number;
  /** What is on the device, the least recently used first. */
  readonly #resident = new Set<Storage>();
  readonly #scopes: Set<Storage>[] = [];

  constructor(gl: WebGL2RenderingContext, budget: number, precision: Precision) {
    this.#gl = gl;
    this.#budget = budget;
    this.pool = new TexturePool(gl, precision);
  }

  /** Bytes of textures that hold elements, and how many they are. */
  get liveBytes(): number {
    return this.pool.bytes - this.pool.freeBytes;
  }
  get residents(): number {
    return this.#resident.size;
  }

  /** A storage of elements that are to be computed. `inUse` is not evicted to make room. */
  make(dtype: DType, size: number, inUse: readonly Storage[] = []): Storage {
    const storage = new Storage(dtype, size);
    if (size === 0) storage.host = allocate(dtype, 0);
    else this.#place(storage, inUse);
    this.#scopes[this.#scopes.length - 1]?.add(storage);
    return storage;
  }

  /** A storage of host data. */
  put(dtype: DType, data: TypedArray): Storage {
    const storage = this.make(dtype, data.length);
    if (data.length > 0) this.#upload(storage, data);
    return storage;
  }

  /** The texture of a storage, brought back to the device if it has to be. @throws ArgumentError after its release */
  texture(storage: Storage, inUse: readonly Storage[]): Texture {
    const { host } = storage;
    if (storage.texture === undefined) {
      if (host === undefined) throw released();
      this.#place(storage, inUse);
      this.#upload(storage, host);
      storage.host = undefined;
    } else {
      this.#resident.delete(storage);
      this.#resident.add(storage);
    }
    return storage.texture as unknown as Texture;
  }

  /** The elements. */
  read(storage: Storage): TypedArray {
    if (storage.texture === undefined) {
      if (storage.host === undefined) throw released();
      return storage.host.slice();
    }
    this.counts.downloads++;
    return download(this.#gl, storage.texture, storage.dtype, storage.size);
  }

  /** Frees a storage at once. Its tensors are not to be used any more. */
  release(storage: Storage): void {
    this.#leave(storage);
    storage.host = undefined;
  }

  /** Runs `f`; what was made within and is not among what `kept` finds in its result is released. */
  scope<T>(f: () => T, kept: (result: T) => Iterable<Storage>): T {
    const made = new Set<Storage>();
    this.#scopes.push(made);
    let result: T;
    try {
      result = f();
      const outer = this.#scopes[this.#scopes.length - 2];
      for (const storage of kept(result)) if (made.delete(storage)) outer?.add(storage);
    } finally {
      this.#scopes.pop();
      for (const storage of made) this.release(storage);
    }
    return result;
  }

  #upload(storage: Storage, data: TypedArray): void {
    this.counts.uploads++;
    upload(this.#gl, storage.texture as Texture, data);
  }

  #place(storage: Storage, inUse: readonly Storage[]): void {
    const { bytes } = this.pool.layout(storage.dtype, storage.size);
    if (this.liveBytes + bytes > this.#budget) this.#evict(bytes, inUse);
    let texture = this.pool.again(storage.dtype, storage.size);
    if (texture === undefined) {
      if (this.pool.bytes + bytes > this.#budget) this.pool.trim();
      texture = this.pool.make(storage.dtype, storage.size);
    }
    storage.texture = texture;
    this.#resident.add(storage);
  }

  // Reads back what was not used for longest, until there is room.
  #evict(bytes: number, inUse: readonly Storage[]): void {
    for (const storage of this.#resident) {
      if (this.liveBytes + bytes <= this.#budget) return;
      if (inUse.includes(storage)) continue;
      storage.host = this.read(storage);
      this.counts.evictions++;
      this.#leave(storage);
    }
  }

  #leave(storage: Storage): void {
    if (storage.texture === undefined) return;
    this.pool.give(storage.texture);
    this.#resident.delete(storage);
    storage.texture = undefined;
  }
}

const released = (): ArgumentError => new ArgumentError("The elements of this tensor were released, by a scope that it was made in or by dispose: return it from the scope, or keep it.");
