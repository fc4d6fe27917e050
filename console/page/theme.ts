/** Light or dark: as the system is, or as this browser was told. console.md 2.3. */
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const read = (): Theme => {
  const asked = new URL(location.href).searchParams.get("theme") ?? localStorage.getItem("verona.theme");
  return asked === "light" || asked === "dark" ? asked : "system";
};

export const theme = signal<Theme>(read());

const system = matchMedia("(prefers-color-scheme: dark)");

export const isDark = (): boolean => theme.value === "dark" || (theme.value === "system" && system.matches);

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
  localStorage.setItem("verona.theme", theme.value);
}

export function applyTheme(): void {
  const apply = () => document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  theme.subscribe(apply);
  system.addEventListener("change", apply);
}
