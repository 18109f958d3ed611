// What the address of the page says: which program, which range, which view. A link is the whole state, so that a program
// can be shared; a program of the gallery is named, any other is in the link, compressed.

export type View = "plot" | "program";
export type Layout = "overlay" | "split";
/** Where programs compute, unless they say so themselves. */
export type BackendName = "cpu" | "webgl";

export interface State {
  /** The gallery program that is shown, or that the user's started from. */
  readonly example?: string | undefined;
  /** The user's own program; absent while the gallery's is unchanged. */
  readonly code?: string | undefined;
  /** The plotted range; absent while it is the program's own. */
  readonly range?: readonly [number, number] | undefined;
  readonly view: View;
  readonly layout: Layout;
  readonly backend: BackendName;
  /** How long a program may block, in seconds. */
  readonly limit: number;
}

/** Time limits on offer, in seconds; the first is the default. */
export const limits: readonly number[] = [0.8, 5, 30];

export async function encodeState({ example, code, range, view, layout, backend, limit }: State): Promise<string> {
  const params = new URLSearchParams();
  if (example !== undefined) params.set("example", example);
  if (range !== undefined) params.set("x", range.join("..")); // 0.1..2
  if (view !== "plot") params.set("view", view);
  if (layout !== "overlay") params.set("layout", layout);
  if (backend !== "cpu") params.set("backend", backend);
  if (limit !== limits[0]) params.set("limit", String(limit));
  if (code !== undefined) params.set("code", await compress(code));
  return `#${params}`;
}

/** Reads what `encodeState` wrote; whatever cannot be read is as if absent. */
export async function decodeState(hash: string): Promise<State> {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const bounds = params.get("x")?.split("..").map(Number);
  const range = bounds?.length === 2 && bounds.every(Number.isFinite) && (bounds[0] as number) < (bounds[1] as number) ? (bounds as [number, number]) : undefined;
  const limit = Number(params.get("limit"));
  return {
    example: params.get("example") ?? undefined,
    code: await decompress(params.get("code")),
    range,
    view: params.get("view") === "program" ? "program" : "plot",
    layout: params.get("layout") === "split" ? "split" : "overlay",
    backend: params.get("backend") === "webgl" ? "webgl" : "cpu",
    limit: limits.includes(limit) ? limit : (limits[0] as number),
  };
}

async function compress(text: string): Promise<string> {
  const bytes = await pipe(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

async function decompress(text: string | null): Promise<string | undefined> {
  if (text === null) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return new TextDecoder().decode(await pipe(bytes, new DecompressionStream("deflate-raw")));
  } catch {
    return undefined;
  }
}

async function pipe(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
