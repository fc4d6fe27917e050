/**
 * The name server of a test: answers in place of a recursive resolver (RA set, CD honoured, AD never), keeps a log
 * of every question, and can be told to fail.
 */
// @ts-types="npm:@types/dns-packet@5.6.5"
import dnsPacket from "dns-packet";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server, type Socket as TcpSocket } from "node:net";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { deadline } from "../../peer/deadline.ts";
import { type Answer, Zones } from "./answer.ts";
import { canonical, type Type } from "./records.ts";

export interface Question {
  readonly name: string;
  readonly type: Type;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  readonly at: number;
}

/** What happens to a question instead of a plain answer. */
export type Fault =
  | { kind: "servfail" }
  | { kind: "drop" }
  | { kind: "hold"; until: Promise<void> }
  | { kind: "forge"; with: (answer: Answer) => Answer };

const MAX_UDP = 1232;
const FLAG = { RD: 0x0100, RA: 0x0080, CD: 0x0010, TC: 0x0200 };
const RCODE = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };

export class NameServer implements AsyncDisposable {
  readonly zones = new Zones();
  readonly log: Question[] = [];
  readonly #udp: Socket = createSocket("udp4");
  readonly #tcp: Server = createServer((socket) => this.#serveTcp(socket));
  readonly #faults = new Map<string, Fault>();
  readonly #connections = new Set<TcpSocket>();
  #everything: Fault | undefined;
  #heard = Promise.withResolvers<void>();

  private constructor(readonly address: string, readonly port: number) {}

  static async listen(address: string, port: number): Promise<NameServer> {
    const server = new NameServer(address, port);
    server.#udp.on("message", (bytes, from) => {
      void server.#reply(bytes, MAX_UDP).then((reply) => {
        if (reply !== undefined) server.#udp.send(reply, from.port, from.address, () => {});
      });
    });
    server.#udp.bind(port, address);
    server.#tcp.listen(port, address);
    await Promise.all([once(server.#udp, "listening"), once(server.#tcp, "listening")]);
    return server;
  }

  /** Questions for `name` and `type` so far. */
  asked(name: string, type: Type): Question[] {
    const wanted = canonical(name);
    return this.log.filter((question) => question.name === wanted && question.type === type);
  }

  /** Resolves when `name` and `type` has been asked at least `times` times. */
  async awaitQuestion(name: string, type: Type, times = 1): Promise<void> {
    const limit = deadline(`the ${times}th DNS question ${name} ${type}`);
    while (this.asked(name, type).length < times) await limit.race(this.#heard.promise);
    limit.clear();
  }

  fail(name: string, type: Type, fault: Fault): void {
    this.#faults.set(`${canonical(name)} ${type}`, fault);
  }

  heal(name: string, type: Type): void {
    this.#faults.delete(`${canonical(name)} ${type}`);
  }

  /** Answers to this question wait until the returned function is called. */
  hold(name: string, type: Type): () => void {
    const gate = Promise.withResolvers<void>();
    this.fail(name, type, { kind: "hold", until: gate.promise });
    return () => {
      this.heal(name, type);
      gate.resolve();
    };
  }

  /** A DNS outage: nothing is answered until `resume`. */
  outage(fault: Fault = { kind: "drop" }): void {
    this.#everything = fault;
  }

  resume(): void {
    this.#everything = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    const closed = [once(this.#udp, "close"), once(this.#tcp, "close")];
    this.#udp.close();
    this.#tcp.close();
    await Promise.all(closed);
  }

  async #reply(bytes: Uint8Array, limit: number): Promise<Buffer | undefined> {
    const query = parse(bytes);
    if (query === undefined) return undefined;
    this.#note(query);
    const { name, type } = query.question;
    const fault = this.#everything ?? this.#faults.get(`${name} ${type}`);
    if (fault?.kind === "drop") return undefined;
    if (fault?.kind === "hold") await fault.until;
    if (fault?.kind === "servfail") return encode(query, servfail, limit);
    const answer = this.zones.answer(name, type);
    return encode(query, fault?.kind === "forge" ? fault.with(answer) : answer, limit);
  }

  #note(query: Query): void {
    this.log.push(query.question);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  #serveTcp(socket: TcpSocket): void {
    let pending = Buffer.alloc(0);
    this.#connections.add(socket);
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Uint8Array) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        const message = pending.subarray(2, end);
        pending = pending.subarray(end);
        void this.#reply(message, 65_535).then((reply) => {
          if (reply === undefined || socket.destroyed) return;
          const length = Buffer.alloc(2);
          length.writeUInt16BE(reply.length);
          socket.write(Buffer.concat([length, reply]));
        });
      }
    });
  }
}

const servfail: Answer = { rcode: "SERVFAIL", answers: [], authorities: [] };

interface Query {
  readonly id: number;
  /** As asked: a resolver may use mixed case as a nonce and compare. */
  readonly spelling: { name: string; type: string; class: string };
  readonly question: Question;
}

function parse(bytes: Uint8Array): Query | undefined {
  try {
    const message = dnsPacket.decode(Buffer.from(bytes));
    const spelling = message.questions?.[0];
    if (spelling === undefined) return undefined;
    const opt = message.additionals?.find((record) => record.type === "OPT");
    return {
      id: message.id ?? 0,
      spelling: spelling as Query["spelling"],
      question: {
        name: canonical(spelling.name === "." ? "" : spelling.name),
        type: spelling.type as Type,
        dnssecOk: opt?.type === "OPT" && opt.flag_do === true,
        checkingDisabled: ((message.flags ?? 0) & FLAG.CD) !== 0,
        at: performance.now(),
      },
    };
  } catch {
    return undefined; // not a DNS message: a resolver drops it too
  }
}

function encode(query: Query, answer: Answer, limit: number): Buffer {
  const full = message(query, answer, 0);
  if (full.length <= limit) return full;
  return message(query, { ...answer, answers: [], authorities: [] }, FLAG.TC);
}

function message(query: Query, answer: Answer, extra: number): Buffer {
  const { dnssecOk, checkingDisabled } = query.question;
  const wanted = (records: Answer["answers"]) =>
    dnssecOk ? records : records.filter((record) => !["RRSIG", "NSEC", "NSEC3"].includes(record.type));
  return Buffer.from(dnsPacket.encode({
    type: "response",
    id: query.id,
    flags: FLAG.RD | FLAG.RA | (checkingDisabled ? FLAG.CD : 0) | extra | RCODE[answer.rcode],
    questions: [query.spelling],
    answers: wanted(answer.answers),
    authorities: wanted(answer.authorities),
    additionals: [{
      name: ".",
      type: "OPT",
      udpPayloadSize: MAX_UDP,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: dnssecOk ? 0x8000 : 0,
      flag_do: dnssecOk,
      options: [],
    }],
    // deno-lint-ignore no-explicit-any -- the published types know fewer record types than the library
  } as any));
}
