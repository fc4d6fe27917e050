/** What a server tells over its event stream, one after the other. */
import { within } from "../peer/deadline.ts";
import type { Json } from "./verona.ts";

export class Events implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** From now on. @param url Of `/api/v1/events`. */
  static async listen(url: string, token: string): Promise<Events> {
    const { body } = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return new Events(body!);
  }

  /** The next one of this type; those before it are passed over. */
  next(type: string): Promise<Json> {
    return within(this.#next(type), `the server to tell ${type}`);
  }

  async #next(type: string): Promise<Json> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) {
        const { done, value } = await this.#reader.read();
        if (done) throw new Error(`The event stream ended before ${type}`);
        this.#text += value;
        continue;
      }
      const data = /^data: (.*)$/m.exec(this.#text.slice(0, end))?.[1];
      this.#text = this.#text.slice(end + 2);
      const event = data === undefined ? null : JSON.parse(data);
      if (event?.type === type) return event;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}
