/** The page's parts, in the order of its navigation: the nouns of the command line and the API. console.md 2.2. */
import type { IconName } from "./parts/icons.tsx";

export interface Section {
  readonly id: string;
  readonly href: string;
  readonly title: string;
  readonly icon: IconName;
  /** After `g`. */
  readonly key: string;
  /** Where the API has the same. */
  readonly api: string;
}

export const SECTIONS: readonly Section[] = [
  { id: "overview", href: "/", title: "Overview", icon: "overview", key: "o", api: "/overview" },
  {
    id: "connections",
    href: "/connections",
    title: "Connections",
    icon: "connections",
    key: "c",
    api: "/connections",
  },
  { id: "routes", href: "/routes", title: "Routes", icon: "routes", key: "r", api: "/routes" },
  { id: "proofs", href: "/proofs", title: "Proofs", icon: "proofs", key: "p", api: "/proofs" },
  { id: "failures", href: "/failures", title: "Failures", icon: "failures", key: "f", api: "/failures" },
  { id: "check", href: "/check", title: "Check", icon: "check", key: "k", api: "/explain" },
  { id: "machines", href: "/machines", title: "Machines", icon: "machines", key: "m", api: "/machines" },
  { id: "log", href: "/log", title: "Log", icon: "log", key: "l", api: "/events" },
];

/** A trace from a file is that of a connection. */
const ABODES: Readonly<Record<string, string>> = { "/trace": "/connections" };

export function sectionOf(path: string): Section {
  const at = ABODES[path] ?? path;
  return SECTIONS.find(({ href }) => href !== "/" && (at === href || at.startsWith(`${href}/`))) ??
    SECTIONS[0]!;
}
