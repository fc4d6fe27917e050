/** What went over one connection, in order, for checks of raw bytes and for the message of a failed test. */
export type Direction = "sent" | "received" | "noted";

export interface Entry {
  readonly at: number;
  readonly direction: Direction;
  /** Whether the bytes travelled inside TLS. */
  readonly secure: boolean;
  readonly text: string;
}

const ARROW: Record<Direction, string> = { sent: "peer   ->", received: "server <-", noted: "      --" };

export class Transcript {
  readonly entries: Entry[] = [];

  add(direction: Direction, secure: boolean, bytes: Uint8Array | string): void {
    const text = typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes);
    this.entries.push({ at: performance.now(), direction, secure, text });
  }

  /** All text received, before TLS, inside it, or both. */
  received(secure?: boolean): string {
    return this.entries
      .filter((entry) => entry.direction === "received" && (secure === undefined || entry.secure === secure))
      .map((entry) => entry.text).join("");
  }

  toString(): string {
    const start = this.entries[0]?.at ?? 0;
    return this.entries.slice(-40).map((entry) => {
      const at = `${(entry.at - start).toFixed(0)} ms`.padStart(9);
      const text = entry.text.length > 600 ? `${entry.text.slice(0, 600)}…` : entry.text;
      return `${at} ${ARROW[entry.direction]} ${entry.secure ? "[tls] " : ""}${text}`;
    }).join("\n");
  }
}
