/** Everything that can be seen is an address: path, filter, tab, selected event. console.md 2.3. */
import { computed, signal } from "@preact/signals";

const current = signal(new URL(globalThis.location.href));

export const path = computed(() => current.value.pathname);
export const params = computed(() => current.value.searchParams);

addEventListener("popstate", () => current.value = new URL(globalThis.location.href));

/** Goes there; `replace`: without a step for "back". */
export function go(href: string, { replace = false } = {}): void {
  const url = new URL(href, current.value);
  if (url.href === current.value.href) return;
  history[replace ? "replaceState" : "pushState"](null, "", url.href);
  const moved = url.pathname !== current.value.pathname;
  current.value = url;
  if (moved) scrollTo(0, 0);
}

/** The same page with other parameters; null takes one away. */
export function withParams(changes: Readonly<Record<string, string | number | null>>): string {
  const url = new URL(current.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  return url.pathname + url.search;
}

/** Path segments after a prefix, decoded: `/routes/a/b` behind `/routes` is `["a", "b"]`. */
export function segments(): string[] {
  return path.value.split("/").filter((part) => part !== "").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

/** Links of our own pages are followed without loading the page anew. */
export function followLinks(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) {
      return;
    }
    const link = (event.target as Element).closest("a");
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(link.href);
  });
}

export const hrefs = {
  connection: (id: string, rest = "") => `/connections/${encodeURIComponent(id)}${rest}`,
  route: (local: string, remote: string) =>
    `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}`,
  failure: (id: string) => `/failures/${encodeURIComponent(id)}`,
  machine: (id: string) => `/machines/${encodeURIComponent(id)}`,
  filtered: (table: string, q: string) => `/${table}?q=${encodeURIComponent(q)}`,
};
