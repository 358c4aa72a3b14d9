/** What the rules say now, how that changed, and what the score counts. */
import type { StoredVerdict } from '../../domain/detective/exceptions.ts';
import { emptyTally, type Severity, type Tally } from '../../domain/detective/score.ts';
import { batches, type ConfigVerdictChangeTable, type ConfigVerdictTable, type Db, type Tx } from './tables.ts';

export async function verdictsOf(db: Db, arns: readonly string[]): Promise<Map<string, ConfigVerdictTable[]>> {
  const found = new Map<string, ConfigVerdictTable[]>();
  for (const list of batches(arns)) {
    const rows = await db
      .selectFrom('config_verdict')
      .selectAll()
      .where('arn', 'in', list)
      .orderBy('arn')
      .orderBy('rule_id')
      .execute();
    for (const row of rows) {
      const known = found.get(row.arn);
      if (known) known.push(row);
      else found.set(row.arn, [row]);
    }
  }
  return found;
}

export async function writeVerdicts(tx: Tx, rows: readonly ConfigVerdictTable[]): Promise<void> {
  for (const list of batches(rows)) {
    await tx
      .insertInto('config_verdict')
      .values(list as ConfigVerdictTable[])
      .onConflict((conflict) =>
        conflict.columns(['arn', 'rule_id']).doUpdateSet((eb) => ({
          severity: eb.ref('excluded.severity'),
          verdict: eb.ref('excluded.verdict'),
          annotation: eb.ref('excluded.annotation'),
          since: eb.ref('excluded.since'),
          exception_id: eb.ref('excluded.exception_id'),
          exempt_until: eb.ref('excluded.exempt_until'),
        })),
      )
      .execute();
  }
}

export async function deleteVerdicts(tx: Tx, arn: string, ruleIds: readonly string[]): Promise<void> {
  for (const list of batches(ruleIds))
    await tx.deleteFrom('config_verdict').where('arn', '=', arn).where('rule_id', 'in', list).execute();
}

/** A verdict that turns twice in one millisecond is one turn. */
export async function noteChanges(tx: Tx, changes: readonly ConfigVerdictChangeTable[]): Promise<void> {
  for (const list of batches(changes)) {
    await tx
      .insertInto('config_verdict_change')
      .values(list as ConfigVerdictChangeTable[])
      .onConflict((conflict) =>
        conflict.columns(['arn', 'at', 'rule_id']).doUpdateSet((eb) => ({ after: eb.ref('excluded.after') })),
      )
      .execute();
  }
}

export function changesBetween(
  db: Db,
  arn: string,
  from: number,
  to: number,
  limit: number,
): Promise<ConfigVerdictChangeTable[]> {
  return db
    .selectFrom('config_verdict_change')
    .selectAll()
    .where('arn', '=', arn)
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at', 'desc')
    .orderBy('rule_id')
    .limit(limit)
    .execute();
}

export interface VerdictPlace {
  account: string;
  arn: string;
  rule: string;
}

/** Verdicts in the order of account, ARN and rule after `after`. */
export function listVerdicts(
  db: Db,
  filter: { account?: string | undefined; rule?: string | undefined; verdict?: StoredVerdict | undefined },
  after: VerdictPlace | undefined,
  limit: number,
): Promise<ConfigVerdictTable[]> {
  let query = db.selectFrom('config_verdict').selectAll();
  if (filter.account !== undefined) query = query.where('account_id', '=', filter.account);
  if (filter.rule !== undefined) query = query.where('rule_id', '=', filter.rule);
  if (filter.verdict !== undefined) query = query.where('verdict', '=', filter.verdict);
  if (after) {
    query = query
      .where('account_id', '>=', after.account)
      .where((eb) =>
        eb.or([
          eb('account_id', '>', after.account),
          eb('arn', '>', after.arn),
          eb.and([eb('arn', '=', after.arn), eb('rule_id', '>', after.rule)]),
        ]),
      );
  }
  return query.orderBy('account_id').orderBy('arn').orderBy('rule_id').limit(limit).execute();
}

/** What the score of each account is made of, at `now`. */
export async function tallies(
  db: Db,
  accounts: readonly string[],
  now: number,
): Promise<Map<string, Record<Severity, Tally>>> {
  const found = new Map<string, Record<Severity, Tally>>();
  for (const list of batches(accounts, 500)) {
    const count = (exempt: boolean) =>
      db
        .selectFrom('config_verdict')
        .select((eb) => ['account_id', 'severity', 'verdict', eb.fn.countAll<number>().as('n')])
        .where('account_id', 'in', list)
        .$if(exempt, (query) => query.where('exempt_until', '>', now))
        .groupBy(['account_id', 'severity', 'verdict'])
        .execute();
    for (const row of await count(false)) add(found, row, Number(row.n), false);
    for (const row of await count(true)) if (row.verdict === 'NON_COMPLIANT') add(found, row, Number(row.n), true);
  }
  return found;
}

function add(
  found: Map<string, Record<Severity, Tally>>,
  row: { account_id: string; severity: Severity; verdict: StoredVerdict },
  n: number,
  exempt: boolean,
): void {
  const tally = found.get(row.account_id) ?? emptyTally();
  found.set(row.account_id, tally);
  const own = tally[row.severity];
  if (exempt) {
    own.exempt += n;
    own.nonCompliant -= n;
  } else if (row.verdict === 'COMPLIANT') own.compliant += n;
  else if (row.verdict === 'NON_COMPLIANT') own.nonCompliant += n;
  else own.insufficient += n;
}
