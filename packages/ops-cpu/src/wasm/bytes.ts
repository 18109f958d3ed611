// A buffer of bytes that grows, and the number formats of WebAssembly (LEB128, little-endian floats). Most modules are written by code
// that the engine has not optimized yet: there, loops by index and few calls take a fraction of the time.

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

const bytesAt = (i: number): number[] => [scratchBytes[i] as number, scratchBytes[i + 1] as number, scratchBytes[i + 2] as number, scratchBytes[i + 3] as number];

/** The four bytes of a float32. */
export function f32Bytes(value: number): number[] {
  scratch.setFloat32(0, value, true);
  return bytesAt(0);
}

/** The eight bytes of a float64. */
export function f64Bytes(value: number): number[] {
  scratch.setFloat64(0, value, true);
  return [...bytesAt(0), ...bytesAt(4)];
}

/** An integer as signed LEB128. */
export function signed32(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; ) {
    const low = rest & 127;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
    out.push(isLast ? low : low | 128);
    if (isLast) return out;
  }
}

/** Numbers below 2³² as unsigned LEB128. */
export function leb(...values: number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) {
    let rest = (values[i] as number) >>> 0;
    for (; rest > 127; rest >>>= 7) out.push((rest & 127) | 128);
    out.push(rest);
  }
  return out;
}

export class Bytes {
  #data = new Uint8Array(64);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#data.length) this.#grow(1);
    this.#data[this.length++] = value;
  }

  /** An opcode, which is a byte, or a prefix byte · 65536 + number; and what follows it. */
  code(opcode: number, immediate: ArrayLike<number>): void {
    const { length } = immediate;
    if (this.length + length + 4 > this.#data.length) this.#grow(length + 4);
    const data = this.#data;
    let at = this.length;
    if (opcode > 255) {
      data[at++] = opcode >> 16;
      let rest = opcode & 0xffff;
      for (; rest > 127; rest >>= 7) data[at++] = (rest & 127) | 128;
      data[at++] = rest;
    } else data[at++] = opcode;
    for (let i = 0; i < length; i++) data[at++] = immediate[i] as number;
    this.length = at;
  }

  raw(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.#data.length) this.#grow(bytes.length);
    if (bytes.length > 16) this.#data.set(bytes, this.length);
    else for (let i = 0; i < bytes.length; i++) this.#data[this.length + i] = bytes[i] as number; // most are short, where set is slow
    this.length += bytes.length;
  }

  /** An unsigned integer below 2³². */
  u32(value: number): void {
    if (value < 128) this.byte(value);
    else this.raw(leb(value));
  }

  /** An unsigned integer in five bytes, to be overwritten by `patch`. */
  placeholder(): number {
    const at = this.length;
    this.raw([128, 128, 128, 128, 0]);
    return at;
  }

  patch(at: number, value: number): void {
    for (let i = 0; i < 5; i++) this.#data[at + i] = ((value >>> (7 * i)) & 127) | (i < 4 ? 128 : 0);
  }

  /** A signed integer, 32 or 64 bits wide. */
  signed(value: number | bigint): void {
    if (typeof value === "bigint" && value !== BigInt(Number(value) | 0)) this.#signed64(BigInt.asIntN(64, value));
    else this.raw(signed32(Number(value)));
  }

  #signed64(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      const isLast = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
      this.byte(isLast ? low : low | 128);
      if (isLast) return;
    }
  }

  f32(value: number): void {
    this.raw(f32Bytes(value));
  }

  f64(value: number): void {
    this.raw(f64Bytes(value));
  }

  name(text: string): void {
    const bytes = Array.from(text, (c) => c.charCodeAt(0)); // names are ASCII
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** What was written, as a view. */
  view(): Uint8Array {
    return this.#data.subarray(0, this.length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#data.length, this.length + by));
    larger.set(this.#data);
    this.#data = larger;
  }
}
