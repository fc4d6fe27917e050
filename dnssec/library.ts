/** The resolver half of the native library: its C symbols, where its file is, and its error codes. resolver.md 4.1. */

const SYMBOLS = {
  dns_abi: { parameters: [], result: "u32" },
  dns_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  dns_submit: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  // Since 1.1; a library of 1.0 does everything else.
  https_get: { parameters: ["u32", "u32", "u32", "buffer", "u32"], result: "i32", optional: true },
  dns_cancel: { parameters: ["u32", "u32"], result: "i32" },
  dns_wait: { parameters: ["u32", "u32"], result: "i32", nonblocking: true },
  dns_drain: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  dns_control: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  dns_close: { parameters: ["u32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

/** What the calls return below zero (`native/src/dns/abi.rs`). */
export const BUSY = -3;
/** Ours: the library is older than the call. */
export const UNKNOWN = -100;

/** Major version in the upper half; minor versions only add. */
const ABI_MAJOR = 1;

/** `$VERONA_NATIVE` if set, else the library that the build put into `native/`. */
export function libraryPath(): string | URL {
  return Deno.env.get("VERONA_NATIVE") ?? new URL("../native/libverona_native.so", import.meta.url);
}

/** @throws {Error} with the command that mends it, when the library is missing or of another version. */
export function openLibrary(path: string | URL = libraryPath()): Library {
  let library: Library;
  try {
    library = Deno.dlopen(path, SYMBOLS);
  } catch (error) {
    throw new Error(`Cannot load the native library ${path}: run \`./dev native\` to build it`, {
      cause: error,
    });
  }
  const major = library.symbols.dns_abi() >>> 16;
  if (major === ABI_MAJOR) return library;
  library.close();
  throw new Error(
    `The native library ${path} speaks version ${major}, not ${ABI_MAJOR}: run \`./dev native\``,
  );
}
