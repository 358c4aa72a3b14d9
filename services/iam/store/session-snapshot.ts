/** What a session adds to its user or role, read in one snapshot together with what may have ended it. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { SessionSnapshotShape } from '../api/internal.ts';
import { type ArnScope, sessionPolicyArn } from '../domain/names.ts';
import type { ShippedPolicies } from '../domain/shipped.ts';
import type { Tag } from '../domain/tags.ts';
import type { Db, SessionRow } from './db.ts';
import { liveSession } from './sessions.ts';
import { NOTHING, ownPolicy, type PrincipalView, shippedPolicy } from './snapshot.ts';
import { tagRecord } from './tags.ts';

/** As a session keeps it; the id is null for shipped ones. A policy made anew under the name is another one. */
export interface ManagedSessionPolicy {
  arn: string;
  policyId: string | null;
}

export type SessionView = z.output<typeof SessionSnapshotShape>;
type SnapshotPolicy = PrincipalView['Policies'][number];

/** Undefined: the session has been ended, or never was. */
export async function readSession(
  view: Db,
  sessionId: string,
  partition: string,
  shipped: ShippedPolicies,
): Promise<SessionView | undefined> {
  const row = await liveSession(view, sessionId);
  if (!row) return undefined;
  const scope = { partition, accountId: row.account_id };
  const Policies = await readPolicies(view, row, scope, shipped);
  return {
    SessionId: row.session_id,
    EntityId: row.entity_id,
    AccountId: row.account_id,
    Accounts: [...new Set([row.account_id, row.origin_account_id])],
    ...(row.name !== null && { Name: row.name }),
    ...(row.source_identity !== null && { SourceIdentity: row.source_identity }),
    ...(row.mfa_at !== null && { MfaAt: row.mfa_at }),
    Tags: tagRecord(sessionTags(row)),
    TransitiveTagKeys: transitiveKeys(row),
    ...(Policies && { Policies }),
  };
}

export function sessionTags(row: SessionRow): Tag[] {
  return JSON.parse(row.tags) as Tag[];
}

export function transitiveKeys(row: SessionRow): string[] {
  return JSON.parse(row.transitive_keys) as string[];
}

export function sessionPolicyVersion(document: string): string {
  return createHash('sha256').update(document, 'utf8').digest('hex').slice(0, 16);
}

/** Undefined: the session has no session policies and is not limited by any. */
async function readPolicies(
  view: Db,
  row: SessionRow,
  scope: ArnScope,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy[] | undefined> {
  if (row.policy === null && row.managed_policies === null) return undefined;
  const policies: SnapshotPolicy[] = [];
  if (row.policy !== null) {
    policies.push({
      Arn: sessionPolicyArn(scope, row.session_id),
      Version: sessionPolicyVersion(row.policy),
      Name: 'session',
      Kind: 'session',
      Document: row.policy,
    });
  }
  for (const policy of JSON.parse(row.managed_policies ?? '[]') as ManagedSessionPolicy[])
    policies.push(await readManaged(view, policy, shipped));
  return policies;
}

/**
 * SECURITY: a managed session policy that is gone becomes one that denies everything. Leaving it out would take its
 * denials away while the other policies of the session go on allowing.
 */
async function readManaged(
  view: Db,
  { arn, policyId }: ManagedSessionPolicy,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy> {
  const known = policyId === null ? shippedPolicy(shipped, arn, 'session') : await ownPolicy(view, policyId, 'session');
  return known ? { ...known, Arn: arn } : { ...NOTHING, Kind: 'session', Arn: arn };
}
