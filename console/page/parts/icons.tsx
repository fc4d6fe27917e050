/** The few pictures of the page, 20 px, drawn with the current colour. */
const PATHS = {
  overview: "M3 3h6v6H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 11h6v6H3z",
  connections: "M3 7h12M12 4l3 3-3 3M17 13H5M8 10l-3 3 3 3",
  routes: "M4 4v4a4 4 0 0 0 4 4h8M13 9l3 3-3 3M4 4h3",
  proofs: "M10 2.5 16 5v5c0 3.6-2.6 6.3-6 7.5C6.6 16.3 4 13.6 4 10V5zM7.5 10l2 2 3.5-3.8",
  failures: "M10 3.2 17.5 16.5h-15zM10 8.5v3.5M10 14.2v.1",
  check: "M4 10.5 8 14.5 16 5.5",
  machines: "M3 4h5v4H3zM12 12h5v4h-5zM5.5 8v6H12M12 4h5v4h-5zM8 6h4",
  log: "M4 5h12M4 10h12M4 15h8",
  sun:
    "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v2M10 16v2M2 10h2M16 10h2M4.5 4.5l1.4 1.4M14.1 14.1l1.4 1.4M15.5 4.5l-1.4 1.4M5.9 14.1l-1.4 1.4",
  moon: "M16 12.5A6.5 6.5 0 0 1 7.5 4a6.5 6.5 0 1 0 8.5 8.5z",
  arrow: "M3 10h13M12 6l4 4-4 4",
  external: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Two houses and what joins them. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="5" cy="12" r="3" />
      <circle cx="18" cy="5.5" r="3" />
      <circle cx="18" cy="18.5" r="3" />
      <path d="M7.7 10.7 15.3 6.8M7.7 13.3l7.6 3.9M18 8.5v7" />
    </svg>
  );
}
