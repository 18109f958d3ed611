// Where the elements of tensors are: on the device, or read back to the host because the device was to hold others. The backend
// refers strongly to what is on the device, and to nothing else: what was read back goes when its tensors go.

import { allocate, ArgumentError, DeviceLimitError, type DType, type TypedArray } from "@gradus/core";
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

const mostTextures = 2 ** 14; // each costs the device more than its elements

export class Memory {
  readonly pool: TexturePool;
  readonly counts = { uploads: 0, downloads: 0, evictions: 0 };
  readonly #gl: WebGL2RenderingContext;
  #budget: number;
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

  /** From now to its closing, what is made belongs to this scope. */
  open(): Set<Storage> {
    const made = new Set<Storage>();
    this.#scopes.push(made);
    return made;
  }

  /** Ends a scope: what was made within and not kept is released; what was kept belongs to the scope around it. */
  close(made: Set<Storage>, kept: Iterable<Storage> = []): void {
    const place = this.#scopes.indexOf(made);
    if (place < 0) return;
    this.#scopes.splice(place, 1);
    const outer = this.#scopes[place - 1];
    for (const storage of kept) if (made.delete(storage)) outer?.add(storage);
    for (const storage of made) this.release(storage);
  }

  /** Runs `f`; what was made within and is not among what `kept` finds in its result is released. */
  scope<T>(f: () => T, kept: (result: T) => Iterable<Storage>): T {
    const made = this.open();
    try {
      const result = f();
      this.close(made, kept(result));
      return result;
    } finally {
      this.close(made);
    }
  }

  #upload(storage: Storage, data: TypedArray): void {
    this.counts.uploads++;
    upload(this.#gl, storage.texture as Texture, data);
  }

  #place(storage: Storage, inUse: readonly Storage[]): void {
    const { dtype, size } = storage;
    const { bytes } = this.pool.layout(dtype, size);
    this.#evict(bytes, inUse);
    let texture = this.pool.again(dtype, size);
    if (texture === undefined) {
      if (this.pool.bytes + bytes > this.#budget || this.pool.count >= mostTextures) this.pool.trim();
      texture = this.#made(dtype, size, bytes, inUse);
    }
    storage.texture = texture;
    this.#resident.add(storage);
  }

  // A new texture. A device that has no memory for it is to hold half as much from then on.
  #made(dtype: DType, size: number, bytes: number, inUse: readonly Storage[], isLast = false): Texture {
    const held = this.liveBytes;
    const made = this.pool.make(dtype, size);
    if (!Array.isArray(made)) return made as Texture;
    let isHit = false;
    for (const storage of this.#resident) {
      if (!made.includes(storage.texture)) continue;
      this.#resident.delete(storage);
      storage.texture = undefined;
      isHit ||= inUse.includes(storage);
    }
    if (isLast || isHit || held === 0) {
      throw new DeviceLimitError(
        `The device has no memory for an array of ${size} elements (${bytes} bytes) beside ${held} bytes of others. Free some, by backend.scope or backend.dispose; work in smaller parts; or let it hold less, by webgl({ maxBytes }).`,
      );
    }
    this.#budget = Math.max(Math.floor(held / 2), bytes);
    this.#evict(bytes, inUse);
    this.pool.trim();
    return this.#made(dtype, size, bytes, inUse, true);
  }

  // Reads back what was not used for longest, until there is room.
  #evict(bytes: number, inUse: readonly Storage[]): void {
    for (const storage of this.#resident) {
      if (this.liveBytes + bytes <= this.#budget && this.residents < mostTextures) return;
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
