/** The step that renews the MACs of a table's rows (`RowGuard`). Their data stay as they are. */
import type { Transaction } from 'kysely';
import type { RenewalDeps, RenewalStep } from './renewal.ts';
import { countRows, nameOf, rowsAfter } from './rows.ts';

interface GuardedTable<Data> {
  table: string;
  /** The columns of its primary key, texts or numbers. */
  key: readonly string[];
  label: string;
  /** What the MAC of a row covers. */
  bytes: (row: Data) => Buffer;
}

const PAGE = 200;

export function guardedRows<Data>(options: GuardedTable<Data>): RenewalStep<RenewalDeps> {
  const { table, key, label, bytes } = options;
  return {
    name: `MACs of ${table}`,
    guards: table,
    count: (deps) => countRows(deps, table),
    async page(deps, after) {
      const rows = await rowsAfter<Data & { row_mac: Buffer }>(deps, table, key, after, PAGE);
      const last = rows.at(-1);
      if (last === undefined) return undefined;
      const answers = await deps.hsm.renewMacMany(
        label,
        rows.map((row) => ({ data: bytes(row), mac: row.row_mac })),
      );
      const renewed = rows.flatMap((row, index) => {
        const mac = answers[index];
        return Buffer.isBuffer(mac) ? [{ row, mac }] : [];
      });
      const refused = rows.filter((_, index) => answers[index] === 'refused');
      for (const row of refused)
        deps.log.error({ table, row: nameOf(row, key) }, 'stored row refused: it is not what this service wrote');
      return {
        after: nameOf(last, key),
        seen: rows.length,
        renewed: renewed.length,
        refused: refused.length,
        async write(tx) {
          for (const { row, mac } of renewed) {
            // biome-ignore lint/suspicious/noExplicitAny: the table is named by the step
            let update = (tx as Transaction<any>).updateTable(table).set({ row_mac: mac });
            for (const column of key) update = update.where(column, '=', (row as Record<string, unknown>)[column]);
            // Whoever wrote it meanwhile wrote it in the form in force.
            await update.where('row_mac', '=', row.row_mac).execute();
          }
        },
      };
    },
  };
}
