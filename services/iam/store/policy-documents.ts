/** Documents by the names that decision records use (`arn@version`), in any account. */

import { inlinePolicyName, parsePolicyArn, parseSessionPolicyArn, parseVersionId } from '../domain/names.ts';
import type { Dated } from '../domain/replay/stack.ts';
import type { ShippedPolicies } from '../domain/shipped.ts';
import type { Db } from './db.ts';
import { groupByName } from './groups.ts';
import { inlinePolicy } from './inline-policies.ts';
import { policyByName, versionOf } from './policies.ts';
import { roleByName } from './roles.ts';
import { sessionPolicyVersion } from './session-snapshot.ts';
import { sessionById } from './sessions.ts';
import { userByName } from './users.ts';

export type StoredDocument = { document: string; policyName: string } & Pick<Dated, 'since'>;

/** Undefined: it is gone, or another document bears the name now. */
export async function documentNamed(
  db: Db,
  name: { arn: string; version: string; partition: string; accountId: string },
  shipped: ShippedPolicies,
): Promise<StoredDocument | undefined> {
  const { arn, version } = name;
  const policy = shipped.get(arn);
  if (policy) return version === 'v1' ? { document: policy.document, policyName: policy.name, since: 0 } : undefined;
  const inline = inlinePolicyName(arn);
  if (inline) return inlineNamed(db, name.accountId, inline, version);
  const sessionId = parseSessionPolicyArn(arn, name);
  if (sessionId !== undefined) return ofSession(db, name.accountId, sessionId, version);
  const managed = parsePolicyArn(arn, name);
  const number = parseVersionId(version);
  if (!managed || number === undefined) return undefined;
  const row = await policyByName(db, name.accountId, managed.path, managed.name);
  const found = row && (await versionOf(db, row.policy_id, number));
  // A policy made anew under an old name begins with v1 again.
  return found && { document: found.document, policyName: managed.name, since: found.created_at };
}

/** Gone with the session: sessions are kept for a while after they expire. */
async function ofSession(
  db: Db,
  accountId: string,
  sessionId: string,
  version: string,
): Promise<StoredDocument | undefined> {
  const row = await sessionById(db, sessionId);
  if (row?.account_id !== accountId || row.policy === null || sessionPolicyVersion(row.policy) !== version)
    return undefined;
  return { document: row.policy, policyName: 'session', since: 0 };
}

/** The version of an inline policy is the hash of its text: the same text is the same document, whoever wrote it when. */
async function inlineNamed(
  db: Db,
  accountId: string,
  { owner, ownerName, name }: { owner: string; ownerName: string; name: string },
  version: string,
): Promise<StoredDocument | undefined> {
  const ownerId = await ownerNamed(db, accountId, owner, ownerName);
  const row = ownerId === undefined ? undefined : await inlinePolicy(db, ownerId, name);
  return row?.digest === version ? { document: row.document, policyName: name, since: 0 } : undefined;
}

async function ownerNamed(db: Db, accountId: string, owner: string, name: string): Promise<string | undefined> {
  if (owner === 'user') return (await userByName(db, accountId, name))?.user_id;
  if (owner === 'role') return (await roleByName(db, accountId, name))?.role_id;
  if (owner === 'group') return (await groupByName(db, accountId, name))?.group_id;
  return undefined;
}
