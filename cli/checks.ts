/** What `POST /api/v1/check` runs: attempts as the running server, by servers of their own. */
import { loadIdentities, loadTrust } from "../actors/material.ts";
import type { Server } from "../actors/server.ts";
import { check } from "../check/check.ts";
import type { Checks } from "../observe/api/check.ts";

const TIMEOUT_MS = 40_000;

export function checksOf(server: Server): Checks {
  return {
    isHosted: (local) => server.hosted.isHosted(local),
    run: async (pair, depth, signal, heard) => {
      const { version, config, resolver, dialbackSecret } = server;
      // Its own: a reload lets ours go.
      const [identities, trust] = [loadIdentities(config), loadTrust(config)];
      const parts = { version, config, resolver, dialbackSecret, identities, trust };
      try {
        return await check(parts, pair, { timeoutMs: TIMEOUT_MS, signal, depth, heard });
      } finally {
        identities.free();
        trust.free();
      }
    },
  };
}
