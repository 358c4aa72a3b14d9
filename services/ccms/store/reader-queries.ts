/** Queries of the readers of versions; see `queries.ts`. */
import type { Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { ReaderRow } from '../domain/rotation/readers.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

/** Who may have a version in use at a moment. */
export function readersUsing(db: Reader, secretId: string, versionId: string, now: number): Promise<ReaderRow[]> {
  return db
    .selectFrom('version_reader')
    .selectAll()
    .where('secret_id', '=', secretId)
    .where('version_id', '=', versionId)
    .where('keeps_until', '>', now)
    .execute();
}

/** As `laterRead` says, against what other nodes have written. */
export async function writeReaders(tx: AnyTransaction, rows: readonly ReaderRow[]): Promise<void> {
  for (const row of rows)
    await own(tx)
      .insertInto('version_reader')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['secret_id', 'version_id', 'reader_id']).doUpdateSet((eb) => {
          const isLater = eb('version_reader.minute', '<=', row.minute);
          const either = <K extends 'reader_arn' | 'grants' | 'minute'>(column: K) =>
            eb
              .case()
              .when(isLater)
              .then(eb.ref(`excluded.${column}`))
              .else(eb.ref(`version_reader.${column}`))
              .end();
          const longer = eb('version_reader.keeps_until', '<', row.keeps_until);
          return {
            reader_arn: either('reader_arn'),
            grants: either('grants'),
            minute: either('minute'),
            keeps_until: eb
              .case()
              .when(longer)
              .then(eb.ref('excluded.keeps_until'))
              .else(eb.ref('version_reader.keeps_until'))
              .end(),
          };
        }),
      )
      .execute();
}

/** Forgets who has let go of a version before a moment. */
export async function forgetReaders(tx: AnyTransaction, before: number): Promise<void> {
  await own(tx).deleteFrom('version_reader').where('keeps_until', '<', before).execute();
}
