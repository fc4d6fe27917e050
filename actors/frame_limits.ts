/** What one peer may make the framer hold, before and after it has proven itself. protocol.md 10, A-30, 4.12. */
import type { Limits } from "../config/config.ts";
import type { FrameLimits } from "../wire/connection.ts";

export function frameLimits(limits: Limits, peer: "proven" | "unproven"): FrameLimits {
  const { headerBytes, valueBytes, nameBytes, namespaceBytes } = limits;
  const common = { headerBytes, valueBytes, nameBytes, namespaceBytes };
  if (peer === "proven") {
    const { stanzaBytes, depth, attributes, elements, bytesPerSecond } = limits;
    // 4.12: under twice the limit it can be answered.
    const oversizeBytes = 2 * stanzaBytes - 1;
    return { ...common, stanzaBytes, oversizeBytes, depth, attributes, elements, bytesPerSecond };
  }
  return {
    ...common,
    stanzaBytes: Math.min(limits.unprovenElementBytes, limits.stanzaBytes),
    oversizeBytes: 0,
    depth: limits.unprovenDepth,
    attributes: limits.unprovenAttributes,
    elements: limits.unprovenElements,
    bytesPerSecond: limits.unprovenBytesPerSecond,
  };
}
