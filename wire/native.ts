/** The native library's symbols for TLS and framing. The C side is `native/src/abi/`; nothing else knows it. */

const SYMBOLS = {
  session_abi: { parameters: [], result: "u32" },
  session_new: { parameters: ["u32", "buffer"], result: "i32" },
  session_free: { parameters: ["u32"], result: "i32" },
  session_limits: { parameters: ["u32", "buffer"], result: "i32" },
  session_feed: {
    parameters: ["u32", "buffer", "u32", "u32", "buffer", "u32", "buffer", "buffer", "u32"],
    result: "i32",
  },
  session_start_server: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  session_start_client: { parameters: ["u32", "u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  session_restart: { parameters: ["u32"], result: "i32" },
  session_write: { parameters: ["u32", "buffer", "u32", "u32", "buffer", "u32", "u32"], result: "i32" },
  session_writev: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32", "u32", "u32", "buffer", "u32", "u32"],
    result: "i32",
  },
  session_pull: { parameters: ["u32", "buffer", "u32", "u32"], result: "i32" },
  session_close_notify: { parameters: ["u32"], result: "i32" },
  session_learn_pair: { parameters: ["u32", "buffer", "u32", "buffer", "u32", "u32"], result: "i32" },
  session_rescope: {
    parameters: ["u32", "buffer", "u32", "u32", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  session_info: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  context_new: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  context_free: { parameters: ["u32"], result: "i32" },
  anchors_new: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  anchors_free: { parameters: ["u32"], result: "i32" },
  pkix_verify: {
    parameters: ["buffer", "u32", "u32", "f64", "u32", "buffer", "u32", "buffer"],
    result: "i32",
  },
  certificate_facts: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  chain_anchor: {
    parameters: ["buffer", "u32", "buffer", "u32", "f64", "u32", "buffer", "u32"],
    result: "i32",
  },
  session_panic: { parameters: [], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Must equal `ABI` in `native/src/abi/`. */
const ABI = 6;

export type Native = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let opened: Native | null = null;

/**
 * The library, opened once per process: sessions live on this thread.
 *
 * @throws {Error} one sentence with the command that mends it, when the file is missing or of another ABI.
 */
export function native(): Native {
  opened ??= open();
  return opened;
}

function open(): Native {
  const path = Deno.env.get("VERONA_NATIVE") ?? new URL("../native/libverona_native.so", import.meta.url);
  let symbols: Native;
  try {
    symbols = Deno.dlopen(path, SYMBOLS).symbols;
  } catch (cause) {
    throw new Error(`Cannot load the native library ${path}: build it with \`./dev native\``, { cause });
  }
  const abi = symbols.session_abi();
  if (abi !== ABI) {
    throw new Error(
      `Cannot use the native library ${path}: it has ABI ${abi}, not ${ABI}; run \`./dev native\``,
    );
  }
  return symbols;
}

/** A `Uint8Array` over an `ArrayBuffer`, as FFI wants it. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** `u32le length, bytes` one after the other: how lists cross the border. */
export function entries(items: readonly Uint8Array[]): Bytes {
  const blob = new Uint8Array(items.reduce((sum, item) => sum + 4 + item.length, 0));
  const view = new DataView(blob.buffer);
  let at = 0;
  for (const item of items) {
    view.setUint32(at, item.length, true);
    blob.set(item, at + 4);
    at += 4 + item.length;
  }
  return blob;
}

/** The reverse of {@link entries}. */
export function split(blob: Uint8Array): Bytes[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const items: Bytes[] = [];
  for (let at = 0; at + 4 <= blob.length;) {
    const length = view.getUint32(at, true);
    items.push(blob.slice(at + 4, at + 4 + length) as Bytes);
    at += 4 + length;
  }
  return items;
}
