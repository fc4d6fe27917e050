/** The file that `config init` writes: the few keys that nobody can guess, each said in a line. */
export const TEMPLATE = `#:schema ./verona.schema.json
# Verona. Every key with its default: verona config show. The schema for editors: verona config schema > verona.schema.json

[server]
names = ["xmpp1.originating.example"]      # this machine: the target of your customers' SRV records
data_dir = "./data"                        # tokens and secrets, made at the first start

[[certificate]]                            # one certificate per machine; taken up when the files change
chain = "certs/xmpp1.originating.example.pem"
key = "certs/xmpp1.originating.example.key"

[trust]
ca = ["system"]                            # who may vouch for peers: "system" and/or PEM files

[dns]
servers = ["127.0.0.1:53"]                 # a recursive resolver that passes DNSSEC records; Verona validates itself

[listen]
s2s = ["[::]:5269"]                        # peers; IPv4 too
component = ["127.0.0.1:5347"]             # your XMPP components (XEP-0114)
console = "127.0.0.1:8711"                 # API, /metrics, /livez, /readyz

[policy]                                   # docs/policy.md; what it comes to: verona config show --effective LOCAL REMOTE
proof = "authenticated"                    # strict | authenticated | encrypted

# One for each customer. Its zone needs, signed with DNSSEC:
#   _xmpp-server._tcp.sender.example. SRV 10 0 5269 xmpp1.originating.example.
[[domain]]
name = "sender.example"
component_secret_file = "secrets/sender.example"
`;
