/** Which configuration a command reads when none is named. console.md 3.4. */

export const DEFAULT_CONFIG = "verona.toml";

/** VERONA_CONFIG whether it is there or not, else the first file that is; null when none is. */
export function findConfig(
  env: Readonly<Record<string, string>>,
  exists: (path: string) => boolean,
): string | null {
  const { VERONA_CONFIG, XDG_CONFIG_HOME, HOME } = env;
  if (VERONA_CONFIG) return VERONA_CONFIG;
  const own = XDG_CONFIG_HOME || (HOME ? `${HOME}/.config` : null);
  const places = [
    DEFAULT_CONFIG,
    ...(own === null ? [] : [`${own}/verona/verona.toml`]),
    "/etc/verona/verona.toml",
  ];
  return places.find(exists) ?? null;
}

/** The same on this machine. */
export function foundConfig(): string | null {
  return findConfig(Deno.env.toObject(), (path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
