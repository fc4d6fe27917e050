/** A hosted domain that has a certificate of its own beside the machine's. */
import type { StageOptions } from "./stage.ts";

export class OwnCertificate implements AsyncDisposable {
  readonly #directory: string;
  readonly options: StageOptions;

  private constructor(directory: string, domain: string) {
    this.#directory = directory;
    const files = { chain: `${directory}/own.pem`, key: `${directory}/own.key` };
    this.options = {
      prepare: async (world) => {
        const identity = await world.ca.issue({ names: [domain] });
        await Deno.writeTextFile(files.chain, identity.certificate);
        await Deno.writeTextFile(files.key, identity.key);
      },
      settings: { certificate: [files] },
    };
  }

  static async of(domain: string): Promise<OwnCertificate> {
    return new OwnCertificate(await Deno.makeTempDir({ prefix: "verona-own-" }), domain);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}
