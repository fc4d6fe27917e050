/** Certificates that only `openssl` can make here: other names, name constraints, X.509 v1. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Wanted {
  /** subjectAltName, in openssl's words. */
  readonly leaf: string;
  readonly leafUsage?: string;
  /** nameConstraints of the root. */
  readonly constraints?: string;
  /** An X.509 v1 leaf, without any extension. */
  readonly v1?: boolean;
}

export interface Made {
  readonly root: string;
  readonly leaf: string;
  readonly key: string;
}

/** A root and a leaf below it, PEM. */
export async function certificates(wanted: Wanted): Promise<Made> {
  const folder = await Deno.makeTempDir();
  const at = (name: string) => `${folder}/${name}`;
  try {
    const constraints = wanted.constraints ? `nameConstraints=critical,${wanted.constraints}\n` : "";
    await Deno.writeTextFile(
      at("root.cnf"),
      `[req]\ndistinguished_name=dn\n[dn]\n[x]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n${constraints}`,
    );
    const usage = wanted.leafUsage ?? "digitalSignature";
    await Deno.writeFile(
      at("leaf.cnf"),
      latin1(
        `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,${usage}\nsubjectAltName=@names\n[names]\n${
          names(wanted.leaf)
        }`,
      ),
    );
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    await openssl(
      ["req", "-x509", ...ec, "-keyout", at("root.key"), "-out", at("root.pem"), "-subj", "/CN=Root"],
      ["-config", at("root.cnf"), "-extensions", "x", "-days", "30"],
    );
    await openssl([
      "req",
      ...ec,
      "-keyout",
      at("leaf.key"),
      "-out",
      at("leaf.csr"),
      "-subj",
      "/CN=cn.example",
    ]);
    await openssl(
      ["x509", "-req", "-in", at("leaf.csr"), "-CA", at("root.pem"), "-CAkey", at("root.key"), "-days", "20"],
      ["-set_serial", "7", "-out", at("leaf.pem"), ...(wanted.v1 ? [] : ["-extfile", at("leaf.cnf")])],
    );
    const [root, leaf, key] = await Promise.all(
      ["root.pem", "leaf.pem", "leaf.key"].map((name) => Deno.readTextFile(at(name))),
    );
    return { root: root!, leaf: leaf!, key: key! };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One numbered line per name: `otherName` holds the separators that a list would need. */
function names(list: string): string {
  return list.split(",").map((entry, n) => {
    const colon = entry.indexOf(":");
    return `${entry.slice(0, colon)}.${n}=${entry.slice(colon + 1)}\n`;
  }).join("");
}

/** What openssl takes for a text's bytes before it makes UTF-8 of them. */
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const openssl = (...args: string[][]) => run("openssl", args.flat());
