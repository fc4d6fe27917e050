/** Which commit a checkout is at: for `/metrics`. */

const ROOT = new URL("../", import.meta.url);

/** Seven digits; `unknown` where there is no checkout, as in one executable. Never rejects. */
export async function commit(root: URL = ROOT): Promise<string> {
  try {
    const folder = await gitFolder(root);
    const head = await read(new URL("HEAD", folder));
    const [, ref] = /^ref: (.+)$/.exec(head) ?? [];
    const id = ref === undefined ? head : await resolve(folder, ref);
    return /^[0-9a-f]{40,64}$/.test(id) ? id.slice(0, 7) : "unknown";
  } catch {
    return "unknown";
  }
}

const read = async (url: URL) => (await Deno.readTextFile(url)).trim();

/** Of a linked worktree `.git` is a file that says where. */
async function gitFolder(root: URL): Promise<URL> {
  const git = new URL(".git", root);
  if ((await Deno.stat(git)).isDirectory) return new URL(".git/", root);
  const [, path] = /^gitdir: (.+)$/.exec(await read(git))!;
  return new URL(`${path}/`, root);
}

async function resolve(folder: URL, ref: string): Promise<string> {
  const common = await read(new URL("commondir", folder)).then(
    (path) => new URL(`${path}/`, folder),
    () => folder,
  );
  const loose = await read(new URL(ref, common)).catch(() => null);
  if (loose !== null) return loose;
  const packed = await read(new URL("packed-refs", common));
  return packed.split("\n").find((line) => line.endsWith(` ${ref}`))?.split(" ")[0] ?? "";
}
