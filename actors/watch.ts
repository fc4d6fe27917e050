/** Tells when files may have changed. */

/** What is written in several steps shall be told once. */
const SETTLE_MS = 500;

/**
 * Calls `changed` a little after a sign that one of these files was written, replaced or linked anew.
 *
 * The sign may be for a neighbour, and none comes from some network file systems: the caller looks for itself.
 *
 * @param paths Files; a folder that is not there is not watched.
 */
export function watchFiles(paths: readonly string[], changed: () => void): Disposable {
  const watchers = [...folders(paths)].flatMap((folder) => watcher(folder) ?? []);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const sign = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      changed();
    }, SETTLE_MS);
  };
  for (const watcher of watchers) void follow(watcher, sign);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Where the files lie, and where links lead. */
function folders(paths: readonly string[]): Set<string> {
  return new Set(paths.flatMap((path) => [folderOf(path), folderOf(realPath(path))]));
}

const folderOf = (path: string): string =>
  path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".";

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path; // not there, or not yet
  }
}

function watcher(folder: string): Deno.FsWatcher | null {
  try {
    return Deno.watchFs(folder, { recursive: false });
  } catch {
    return null;
  }
}

async function follow(watcher: Deno.FsWatcher, sign: () => void): Promise<void> {
  try {
    for await (const { kind } of watcher) if (kind !== "access") sign();
  } catch {
    // The folder is gone.
  }
}
