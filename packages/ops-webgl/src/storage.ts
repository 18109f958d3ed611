// Where the elements of tensors are: on the device, or on the host, because the device was to hold others or as a copy. The backend
// refers strongly to what is on the device, by cells, and to nothing else: storages go when their tensors go.

import { allocate, ArgumentError, DeviceLimitError, type DType, type TypedArray } from "@gradus/core";
import type { Precision } from "./context.js";
import type { Recipe } from "./recipe.js";
import type { Texture } from "./textures.js";
import { TexturePool } from "./textures.js";
import { type Download, download, lost, upload } from "./transfer.js";

/** The place of elements: a texture, an array of the host, both if that is a copy, or neither. */
export class Cell {
  readonly dtype: DType;
  readonly size: number;
  texture: Texture | undefined = undefined;
  host: TypedArray | undefined = undefined;

  constructor(dtype: DType, size: number) {
    this.dtype = dtype;
    this.size = size;
  }

  get isThere(): boolean {
    return this.texture !== undefined || this.host !== undefined;
  }
}

/** Elements of one dtype. */
export class Storage {
  readonly dtype: DType;
  readonly size: number;
  readonly cell: Cell;
  /** How they were computed, until there is a copy of them on the host. */
  recipe: Recipe<Storage> | undefined = undefined;
  /** The copy that is on its way. */
  copy: Download | undefined = undefined;
  /** How many views there are in tensors. */
  views = 0;
  /** Whether nobody is to use them any more, but for what is computed anew. */
  isReleased = false;

  constructor(dtype: DType, size: number) {
    this.dtype = dtype;
    this.size = size;
    this.cell = new Cell(dtype, size);
  }
}

const mostTextures = 2 ** 14; // each costs the device more than its elements

export class Memory {
  readonly pool: TexturePool;
  readonly counts = { uploads: 0, downloads: 0, evictions: 0 };
  /** Whether arrays that are put stay on the host too. */
  readonly keepsCopies: boolean;
  /** Bytes of arrays that were copied to the host or from it, so far. */
  copied = 0;
  /** Whether there is no device at present: elements are to be computed later. */
  isLost = false;
  /** Computes elements anew that are nowhere. */
  rebuild: (storage: Storage, inUse: readonly Storage[]) => void = () => {
    throw released();
  };
  readonly #gl: WebGL2RenderingContext;
  #budget: number;
  /** What is on the device, the least recently used first. */
  readonly #resident = new Set<Cell>();
  readonly #scopes: Set<Storage>[] = [];
  // Frees what has no tensor any more, now and then: engines tell between tasks only, and when they like. Recipes may still lead to it.
  readonly #gone: FinalizationRegistry<Storage> = new FinalizationRegistry((storage) => {
    if (--storage.views === 0) this.#leave(storage.cell);
  });

  constructor(gl: WebGL2RenderingContext, budget: number, precision: Precision, keepsCopies: boolean) {
    this.#gl = gl;
    this.#budget = budget;
    this.keepsCopies = keepsCopies;
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
    if (size === 0) storage.cell.host = allocate(dtype, 0);
    else if (!this.isLost) this.place(storage.cell, inUse);
    this.#scopes[this.#scopes.length - 1]?.add(storage);
    return storage;
  }

  /** A storage of host data, which the caller gives away or may write to again. */
  put(dtype: DType, data: TypedArray, isOwned = true): Storage {
    const storage = this.make(dtype, data.length);
    if (data.length === 0) return storage;
    const { cell } = storage;
    if (this.keepsCopies || this.isLost) cell.host = isOwned ? data : data.slice();
    if (!this.isLost) this.#upload(cell, data);
    this.copied += data.byteLength;
    return storage;
  }

  /** The texture of a storage, brought back to the device if it has to be. @throws ArgumentError after its release */
  texture(storage: Storage, inUse: readonly Storage[]): Texture {
    const { cell } = storage;
    if (cell.texture !== undefined) {
      this.#resident.delete(cell);
      this.#resident.add(cell);
    } else if (cell.host !== undefined) {
      this.place(cell, inUse);
      this.#upload(cell, cell.host);
      if (!this.keepsCopies) cell.host = undefined;
    } else this.rebuild(storage, inUse);
    return cell.texture as unknown as Texture;
  }

  /** The elements. @throws ArgumentError after their release @throws ContextLostError while there is no device that could tell them */
  read(storage: Storage): TypedArray {
    if (storage.isReleased) throw released();
    const { host } = storage.cell;
    if (host !== undefined) return host.slice();
    if (this.isLost) throw lost("reading an array", this.keepsCopies);
    this.texture(storage, [storage]);
    return this.#download(storage.cell);
  }

  /** Notes that a tensor has a view of a storage. */
  hold(view: object, storage: Storage): void {
    storage.views++;
    this.#gone.register(view, storage);
  }

  /** Frees a storage at once. Its tensors are not to be used any more. */
  release(storage: Storage): void {
    this.#leave(storage.cell);
    storage.isReleased = true;
    // A copy is still needed where others are computed from it anew; it goes with them.
    if (!this.keepsCopies) storage.cell.host = undefined;
  }

  /** Forgets all textures: the device has. */
  forget(): void {
    for (const cell of this.#resident) cell.texture = undefined;
    this.#resident.clear();
    this.pool.forget();
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

  /** Takes storages out of all open scopes: they go when their tensors go. */
  keep(storages: Iterable<Storage>): void {
    for (const storage of storages) for (const made of this.#scopes) made.delete(storage);
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

  #upload(cell: Cell, data: TypedArray): void {
    this.counts.uploads++;
    upload(this.#gl, cell.texture as Texture, data);
  }

  #download({ texture, dtype, size }: Cell): TypedArray {
    this.counts.downloads++;
    const data = download(this.#gl, texture as Texture, dtype, size);
    if (data === undefined) throw lost("reading an array", this.keepsCopies);
    return data;
  }

  /** Gives a cell a texture, with whatever is in it. */
  place(cell: Cell, inUse: readonly Storage[]): void {
    const { dtype, size } = cell;
    const { bytes } = this.pool.layout(dtype, size);
    this.#evict(bytes, inUse);
    let texture = this.pool.again(dtype, size);
    if (texture === undefined) {
      if (this.pool.bytes + bytes > this.#budget || this.pool.count >= mostTextures) this.pool.trim();
      texture = this.#made(dtype, size, bytes, inUse);
    }
    cell.texture = texture;
    this.#resident.add(cell);
  }

  // A new texture. A device that has no memory for it is to hold half as much from then on.
  #made(dtype: DType, size: number, bytes: number, inUse: readonly Storage[], isLast = false): Texture {
    const held = this.liveBytes;
    const made = this.pool.make(dtype, size);
    if (!Array.isArray(made)) return made as Texture;
    let isHit = false;
    for (const cell of this.#resident) {
      if (!made.includes(cell.texture)) continue;
      this.#resident.delete(cell);
      cell.texture = undefined;
      isHit ||= inUse.some((x) => x.cell === cell);
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
    for (const cell of this.#resident) {
      if (this.liveBytes + bytes <= this.#budget && this.residents < mostTextures) return;
      if (inUse.some((x) => x.cell === cell)) continue;
      if (cell.host === undefined) {
        cell.host = this.#download(cell);
        this.copied += cell.host.byteLength;
      }
      this.counts.evictions++;
      this.#leave(cell);
    }
  }

  #leave(cell: Cell): void {
    if (cell.texture === undefined) return;
    this.pool.give(cell.texture);
    this.#resident.delete(cell);
    cell.texture = undefined;
  }
}

/** The error of whatever meets elements that were freed. */
export const released = (): ArgumentError => new ArgumentError("The elements of this tensor were released, by a scope that it was made in or by dispose: return it from the scope, or keep it.");
