/** The crates that are linked into the native library, by Cargo.lock; what only ran while it was built is none. */
import { dirname } from "node:path";
import { output, type Package, textsIn } from "./package.ts";

const MANIFEST = new URL("../../native/Cargo.toml", import.meta.url).pathname;
const LIBRARY = "verona-native";
/** The list is the same wherever it is made. */
const TARGET = "x86_64-unknown-linux-gnu";

interface Metadata {
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly license: string | null;
    readonly manifest_path: string;
  }[];
}

/** @throws {Error} when cargo has not fetched them: `deno task native` does. */
export async function crates(): Promise<Package[]> {
  const linked = new Set(await linkedIn());
  const asked = ["--manifest-path", MANIFEST, "--offline", "--locked", "--format-version", "1"];
  const { packages } = JSON.parse(
    await output("cargo", "metadata", ...asked, "--filter-platform", TARGET),
  ) as Metadata;
  const ours = packages.filter(({ name, version }) => linked.has(`${name} v${version}`));
  return await Promise.all(ours.map(async ({ name, version, license, manifest_path }) => ({
    from: "crates.io" as const,
    name,
    version,
    // "MIT/Apache-2.0" is how Cargo wrote "or" before it took SPDX expressions.
    licence: (license ?? "not said").replaceAll("/", " OR "),
    texts: await textsIn(dirname(manifest_path)),
  })));
}

/** `NAME vVERSION` of each. */
async function linkedIn(): Promise<string[]> {
  const edges = ["--edges", "normal,no-proc-macro", "--target", TARGET, "--package", LIBRARY];
  const shape = ["--prefix", "none", "--no-dedupe", "--format", "{p}"];
  const tree = await output(
    "cargo",
    "tree",
    "--manifest-path",
    MANIFEST,
    "--offline",
    "--locked",
    ...edges,
    ...shape,
  );
  return tree.split("\n").map((line) => line.split(" ").slice(0, 2).join(" "))
    .filter((crate) => crate !== "" && !crate.startsWith(`${LIBRARY} `));
}
