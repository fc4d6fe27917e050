/** The page of a console on a Unix socket: browsers know no sockets, so ssh carries one to a port of loopback. console.md 2.4. */

const PORT = 8711;

/** Where the tunnel of {@link tunnelTo} begins. */
export const TUNNEL_ORIGIN = `http://127.0.0.1:${PORT}`;

/** What is typed where the browser is. */
export const tunnelTo = (path: string): string => `ssh -N -L ${PORT}:${path} HOST`;

/** Of "unix:/path" the path; null where it is another address. */
export const socketOf = (url: string): string | null =>
  url.startsWith("unix:") ? url.slice("unix:".length) : null;
