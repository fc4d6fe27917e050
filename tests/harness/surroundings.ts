/**
 * What the shell of whoever runs the tests knows of servers and collectors is taken out of this process, and so out of
 * every child: a test must never reach a live server. Imported wherever a process is started (tools/layers.ts).
 */

/** For the tests themselves. */
const OURS = /^VERONA_(TEST|MATRIX|INTEROP)_|^VERONA_NATIVE$/;

for (const name of Object.keys(Deno.env.toObject())) {
  if (/^(VERONA|OTEL)_/.test(name) && !OURS.test(name)) Deno.env.delete(name);
}
