/** The npm packages that the server and the page reach, by deno.lock; tools and tests have more. */
import { output, type Package, textsIn } from "./package.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The server, and the two scripts of the page. */
const ENTRIES = ["main.ts", "console/page/main.tsx", "console/page/plotter.ts"];

interface Info {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Ids. */
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

export async function npmPackages(): Promise<Package[]> {
  const reached = new Map<string, NpmPackage>();
  for (const entry of ENTRIES) {
    const config = ["--frozen", "--config", `${ROOT}deno.json`];
    const info = JSON.parse(await output(Deno.execPath(), "info", "--json", ...config, `${ROOT}${entry}`));
    for (const [id, one] of closure(info)) reached.set(id, one);
  }
  return await Promise.all([...reached.values()].map(read));
}

/** By id, with all that they need in turn. */
function closure({ modules, npmPackages }: Info): Map<string, NpmPackage> {
  const found = new Map<string, NpmPackage>();
  const open = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.set(id, npmPackages[id]!);
    open.push(...npmPackages[id]!.dependencies);
  }
  return found;
}

async function read({ name, version, localPath }: NpmPackage): Promise<Package> {
  const { license } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`));
  return {
    from: "npm",
    name,
    version,
    licence: typeof license === "string" ? license : "not said",
    texts: await textsIn(localPath),
  };
}
