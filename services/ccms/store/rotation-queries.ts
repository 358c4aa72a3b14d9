/** Queries of rotation. Writes take a transaction and answer whether they found the row they were made for. */
import type { Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { prepareQuery } from '../../../platform/store/prepared-query.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import {
  type FunctionRow,
  functionRowBytes,
  type RotationRow,
  type RunRow,
  rotationRowBytes,
  runRowBytes,
} from '../domain/rotation/rows.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export function guardedRotation(row: RotationRow): GuardedRow {
  return { name: `rotation of ${row.secret_id}`, data: rotationRowBytes(row), mac: row.row_mac };
}

export function guardedRun(row: RunRow): GuardedRow {
  return { name: `rotation run ${row.run_id}`, data: runRowBytes(row), mac: row.row_mac };
}

export function guardedFunction(row: FunctionRow): GuardedRow {
  return { name: `rotation function ${row.function_id}`, data: functionRowBytes(row), mac: row.row_mac };
}

const rotationOf = prepareQuery((db: Reader, secretId: string) =>
  db.selectFrom('secret_rotation').selectAll().where('secret_id', '=', secretId),
);

export async function readRotations(db: Reader, secretIds: readonly string[]): Promise<readonly RotationRow[]> {
  const [first] = secretIds;
  if (first === undefined) return [];
  // Every new version asks for that of its secret.
  if (secretIds.length === 1) return rotationOf(db, first);
  return db.selectFrom('secret_rotation').selectAll().where('secret_id', 'in', secretIds).execute();
}

/** Version 1 is inserted, another replaces the one before it; false when somebody was faster. */
export async function writeRotation(tx: AnyTransaction, row: RotationRow): Promise<boolean> {
  if (row.version === 1) {
    const made = await own(tx)
      .insertInto('secret_rotation')
      .values(row)
      .onConflict((conflict) => conflict.column('secret_id').doNothing())
      .executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n;
  }
  const { secret_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('secret_rotation')
    .set(columns)
    .where('secret_id', '=', secret_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** As `writeRotation`. */
export async function writeRun(tx: AnyTransaction, row: RunRow): Promise<boolean> {
  if (row.version === 1) {
    const made = await own(tx)
      .insertInto('rotation_run')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n;
  }
  const { run_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('rotation_run')
    .set(columns)
    .where('run_id', '=', run_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export function readRun(db: Reader, runId: string): Promise<RunRow | undefined> {
  return db.selectFrom('rotation_run').selectAll().where('run_id', '=', runId).executeTakeFirst();
}

/** Runs of a secret that have not ended, oldest first: one that waits for the end of its grace, one that is under way. */
export function openRuns(db: Reader, secretId: string): Promise<RunRow[]> {
  return db
    .selectFrom('rotation_run')
    .selectAll()
    .where('secret_id', '=', secretId)
    .where('ended_at', 'is', null)
    .orderBy('run_id')
    .execute();
}

/** Newest first, before `before`. */
export function listRuns(db: Reader, secretId: string, before: string | undefined, limit: number): Promise<RunRow[]> {
  let query = db.selectFrom('rotation_run').selectAll().where('secret_id', '=', secretId);
  if (before !== undefined) query = query.where('run_id', '<', before);
  return query.orderBy('run_id', 'desc').limit(limit).execute();
}

/** What a runner looks at before it reads the whole row. */
export type DueRun = Pick<RunRow, 'run_id' | 'secret_id' | 'lane' | 'next_attempt_at'>;

/** Runs with something to do that nobody holds, longest waiting first, after `after`; none of the lanes `full`. */
export function listDueRuns(
  db: Reader,
  now: number,
  full: readonly string[],
  after: DueRun | undefined,
  limit: number,
): Promise<DueRun[]> {
  let query = db
    .selectFrom('rotation_run')
    .select(['run_id', 'secret_id', 'lane', 'next_attempt_at'])
    .where('ended_at', 'is', null)
    .where('state', '!=', 'FAILED')
    .where('next_attempt_at', '<=', now)
    .where('lease_until', '<=', now);
  if (full.length > 0) query = query.where('lane', 'not in', full);
  if (after) {
    query = query.where((eb) =>
      eb.or([
        eb('next_attempt_at', '>', after.next_attempt_at),
        eb.and([eb('next_attempt_at', '=', after.next_attempt_at), eb('run_id', '>', after.run_id)]),
      ]),
    );
  }
  return query.orderBy('next_attempt_at').orderBy('run_id').limit(limit).execute();
}

export type DueRotation = Pick<RotationRow, 'secret_id'> & { due_at: number };

/** Secrets whose schedule has something to do, longest waiting first, after `after`. */
export async function listDueRotations(
  db: Reader,
  now: number,
  after: DueRotation | undefined,
  limit: number,
): Promise<DueRotation[]> {
  let query = db
    .selectFrom('secret_rotation')
    .select(['secret_id', 'due_at'])
    .where('due_at', 'is not', null)
    .where('due_at', '<=', now);
  if (after) {
    query = query.where((eb) =>
      eb.or([
        eb('due_at', '>', after.due_at),
        eb.and([eb('due_at', '=', after.due_at), eb('secret_id', '>', after.secret_id)]),
      ]),
    );
  }
  const rows = await query.orderBy('due_at').orderBy('secret_id').limit(limit).execute();
  return rows.map(({ secret_id, due_at }) => ({ secret_id, due_at: due_at as number }));
}

/** Whether a secret rotates there, or a rotation has still to close something there. */
export async function isLaneUsed(tx: AnyTransaction, lane: string): Promise<boolean> {
  const rotation = own(tx).selectFrom('secret_rotation').select('secret_id').where('lane', '=', lane).limit(1);
  if ((await rotation.executeTakeFirst()) !== undefined) return true;
  const run = own(tx)
    .selectFrom('rotation_run')
    .select('run_id')
    .where('lane', '=', lane)
    .where('ended_at', 'is', null);
  return (await run.limit(1).executeTakeFirst()) !== undefined;
}

/** The oldest promise that was not kept yet. */
export async function oldestPromise(db: Reader): Promise<number | undefined> {
  const row = await db
    .selectFrom('secret_rotation')
    .select((eb) => eb.fn.min('promised_at').as('oldest'))
    .where('promised_at', 'is not', null)
    .executeTakeFirst();
  return row?.oldest === null || row?.oldest === undefined ? undefined : Number(row.oldest);
}

export function readFunctionByName(db: Reader, accountId: string, name: string): Promise<FunctionRow | undefined> {
  return db
    .selectFrom('rotation_function')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function readFunction(db: Reader, functionId: string): Promise<FunctionRow | undefined> {
  return db.selectFrom('rotation_function').selectAll().where('function_id', '=', functionId).executeTakeFirst();
}

export async function listFunctionIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('rotation_function')
    .select('function_id')
    .where('function_id', '>', after)
    .orderBy('function_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.function_id);
}

/** By id. */
export function listFunctionsInProject(
  db: Reader,
  where: { accountId: string; projectId: string; after: string; limit: number },
): Promise<FunctionRow[]> {
  return db
    .selectFrom('rotation_function')
    .selectAll()
    .where('account_id', '=', where.accountId)
    .where('enterprise_project_id', '=', where.projectId)
    .where('function_id', '>', where.after)
    .orderBy('function_id')
    .limit(where.limit)
    .execute();
}

/** By name. */
export function listFunctions(db: Reader, accountId: string, after: string, limit: number): Promise<FunctionRow[]> {
  return db
    .selectFrom('rotation_function')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
}

/** As `writeRotation`. */
export async function writeFunction(tx: AnyTransaction, row: FunctionRow): Promise<boolean> {
  if (row.version === 1) {
    const made = await own(tx)
      .insertInto('rotation_function')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n;
  }
  const { function_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('rotation_function')
    .set(columns)
    .where('function_id', '=', function_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function countFunctions(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('rotation_function')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function deleteFunction(tx: AnyTransaction, row: FunctionRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('rotation_function')
    .where('function_id', '=', row.function_id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
