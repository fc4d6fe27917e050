/** BROKEN ON PURPOSE: a revocation is told but not done. Stands for routing/binding_table.ts. */
import { type BindingRow, BindingTable as Sound, type Revocation } from "../../routing/binding_table.ts";
import type { ConnectionRow } from "../../routing/connection_row.ts";
import type { Domain, DomainPair } from "../../xmpp/domain.ts";

export * from "../../routing/binding_table.ts";

export class BindingTable extends Sound {
  override revoke(connection: ConnectionRow, pair: DomainPair): Revocation {
    const sent = this.sendingOn(pair, connection) !== null;
    return { sent, received: this.receiving(pair, connection) !== null, unused: false };
  }

  override expire(connection: ConnectionRow, remote: Domain): readonly BindingRow[] {
    return [...this.rowsOn(connection, remote)];
  }
}
