/** A command that cannot give its answer: one sentence for the eye, and the exit code. console.md 3.2. */

export class CommandFault extends Error {
  override readonly name = "CommandFault";
  /** @param next What to do about it; "" for nothing. */
  constructor(readonly code: number, message: string, readonly next = "") {
    super(message);
  }
}
