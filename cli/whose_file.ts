/** Whose word a file is that nobody named: a folder of another user may hold a verona.toml with an address of his and the place of our token. */
import { dirname } from "node:path";

/** Who may speak for us: ourselves, root, and whoever became root by sudo. @param owners Of the file, of what it links to, of its folder. */
export function isTrusted(
  owners: readonly (number | null)[],
  me: number | null,
  env: Readonly<Record<string, string>>,
): boolean {
  const { SUDO_UID } = env;
  const trusted = [me, 0, ...me === 0 && /^\d+$/.test(SUDO_UID ?? "") ? [Number(SUDO_UID)] : []];
  return owners.every((uid) => uid === null || trusted.includes(uid));
}

/** Whether the file is another user's, or he could put his own in its place. */
export function isStrangers(path: string, env: Readonly<Record<string, string>>): boolean {
  const owners = [Deno.lstatSync(path), Deno.statSync(path), Deno.statSync(dirname(path))];
  return !isTrusted(owners.map(({ uid }) => uid), Deno.uid(), env);
}
