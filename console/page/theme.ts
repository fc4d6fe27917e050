/** Light or dark: as the system is, or as this browser was told. console.md 2.3. */
import { computed, effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const read = (): Theme => {
  const asked = new URL(location.href).searchParams.get("theme") ?? localStorage.getItem("verona.theme");
  return asked === "light" || asked === "dark" ? asked : "system";
};

export const theme = signal<Theme>(read());

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);

const dark = computed(() => theme.value === "dark" || (theme.value === "system" && isSystemDark.value));

export const isDark = (): boolean => dark.value;

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
  localStorage.setItem("verona.theme", theme.value);
}

export function applyTheme(): void {
  system.addEventListener("change", ({ matches }) => isSystemDark.value = matches);
  effect(() => void (document.documentElement.dataset.theme = isDark() ? "dark" : "light"));
}
