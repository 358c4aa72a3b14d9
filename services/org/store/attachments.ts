/** Which policy is attached where. */
import { kindOfId } from '../domain/names.ts';
import { fullAccess, type GuardrailType, shippedPolicy } from '../domain/shipped.ts';
import type { AttachmentRow, Db, Range, Tx } from './db.ts';
import type { AttachmentMode } from './schema.ts';

interface NewAttachment {
  targetId: string;
  policyId: string;
  type: GuardrailType;
  mode: AttachmentMode;
  now: number;
}

function rowOf({ targetId, policyId, type, mode, now }: NewAttachment): AttachmentRow {
  const isAccount = kindOfId(targetId) === 'account';
  return {
    target_id: targetId,
    policy_id: policyId,
    type,
    mode,
    node_id: isAccount ? null : targetId,
    account_id: isAccount ? targetId : null,
    own_policy_id: shippedPolicy(policyId) ? null : policyId,
    attached_at: now,
  };
}

export async function attach(tx: Tx, attachment: NewAttachment): Promise<void> {
  await tx.insertInto('attachment').values(rowOf(attachment)).execute();
}

/** What a new node gets for every type that is enabled. */
export async function attachFullAccess(
  tx: Tx,
  targetId: string,
  types: readonly GuardrailType[],
  now: number,
): Promise<void> {
  for (const type of types) await attach(tx, { targetId, policyId: fullAccess(type).id, type, mode: 'enforce', now });
}

/** The same for every node there is, in two statements. */
export async function attachEverywhere(
  tx: Tx,
  organizationId: string,
  type: GuardrailType,
  now: number,
): Promise<void> {
  const columns = ['target_id', 'policy_id', 'type', 'mode', 'node_id', 'account_id', 'attached_at'] as const;
  const policyId = fullAccess(type).id;
  await tx
    .insertInto('attachment')
    .columns([...columns])
    .expression((eb) =>
      eb
        .selectFrom('node')
        .select((e) => [
          'node_id as target_id',
          e.cast<string>(e.val(policyId), 'text').as('policy_id'),
          e.cast<GuardrailType>(e.val(type), 'text').as('type'),
          e.cast<AttachmentMode>(e.val('enforce'), 'text').as('mode'),
          'node_id',
          e.cast<string | null>(e.lit(null), 'text').as('account_id'),
          e.cast<number>(e.val(now), 'bigint').as('attached_at'),
        ])
        .where('organization_id', '=', organizationId),
    )
    .execute();
  await tx
    .insertInto('attachment')
    .columns([...columns])
    .expression((eb) =>
      eb
        .selectFrom('account')
        .select((e) => [
          'account.account_id as target_id',
          e.cast<string>(e.val(policyId), 'text').as('policy_id'),
          e.cast<GuardrailType>(e.val(type), 'text').as('type'),
          e.cast<AttachmentMode>(e.val('enforce'), 'text').as('mode'),
          e.cast<string | null>(e.lit(null), 'text').as('node_id'),
          'account.account_id as account_id',
          e.cast<number>(e.val(now), 'bigint').as('attached_at'),
        ])
        .where('organization_id', '=', organizationId),
    )
    .execute();
}

export async function detachType(tx: Tx, type: GuardrailType): Promise<void> {
  await tx.deleteFrom('attachment').where('type', '=', type).execute();
}

export async function detach(tx: Tx, targetId: string, policyId: string): Promise<void> {
  await tx.deleteFrom('attachment').where('target_id', '=', targetId).where('policy_id', '=', policyId).execute();
}

export async function setMode(tx: Tx, targetId: string, policyId: string, mode: AttachmentMode): Promise<void> {
  await tx
    .updateTable('attachment')
    .set({ mode })
    .where('target_id', '=', targetId)
    .where('policy_id', '=', policyId)
    .execute();
}

/** Everything of one type on one node: there are never more than a few. */
export function attachmentsOf(db: Db, targetId: string, type: GuardrailType, range?: Range): Promise<AttachmentRow[]> {
  let query = db
    .selectFrom('attachment')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('type', '=', type)
    .orderBy('policy_id');
  if (range) query = query.where('policy_id', '>', range.after ?? '').limit(range.limit);
  return query.execute();
}

export function attachmentsOfTargets(db: Db, targetIds: readonly string[]): Promise<AttachmentRow[]> {
  if (targetIds.length === 0) return Promise.resolve([]);
  return db.selectFrom('attachment').selectAll().where('target_id', 'in', targetIds).orderBy('policy_id').execute();
}

export function targetsOf(db: Db, policyId: string, range: Range): Promise<AttachmentRow[]> {
  return db
    .selectFrom('attachment')
    .selectAll()
    .where('policy_id', '=', policyId)
    .where('target_id', '>', range.after ?? '')
    .orderBy('target_id')
    .limit(range.limit)
    .execute();
}
