/**
 * Ending grants. Revoking is for those who manage the key and needs a permission on it. Retiring is for those whom the
 * grant names: policies can deny it, and allow it only to the account that created the grant.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import type { AnyOperation, InputOf } from '../../../platform/contract/operation.ts';
import {
  type AuthorizationTarget,
  type Call,
  change,
  implementFor,
  type Resolved,
} from '../../../platform/runtime/call.ts';
import type { PolicySet } from '../../../policies/engine/index.ts';
import { RetireGrant, RevokeGrant } from '../api/grants.ts';
import type { KmsDeps } from '../deps.ts';
import { type GrantRow, isGrantId, termsOf } from '../domain/grant.ts';
import type { KeyReference } from '../domain/key-ref.ts';
import { announce } from '../store/change-follower.ts';
import { deleteGrant, readGrant } from '../store/grant-queries.ts';
import { allowing } from '../store/grants.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { askAboutKey, callerConditions, isForeign, quietly, requireKeyForm, resolveKey } from './key-access.ts';
import { endDryRun, requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();
type AnyCall = Call<AnyOperation>;

export const revokeGrant = implement(RevokeGrant, {
  resolve(call, input, deps) {
    requireKeyForm(call, deps, input.KeyId);
    requireGrantId(call, input.GrantId);
    const conditions = [['kms:GrantIsForAWSResource', String(call.origin.via !== undefined)]] as const;
    return resolveKey(call, deps, input.KeyId, { conditions });
  },
  async run(call, input, record, deps) {
    requireState(call, 'RevokeGrant', record);
    const grant = await readGrant(deps.store.read, input.GrantId);
    if (grant?.key_id !== record.row.key_id) throw missingGrant(call, input.GrantId);
    await deps.grants.verify([grant]);
    endDryRun(call, input.DryRun);
    return end(call, deps, grant);
  },
});

interface Retirable {
  grant: GrantRow;
  record: KeyRecord;
}

export const retireGrant = implement(RetireGrant, {
  async resolve(call, input, deps): Promise<Resolved<Retirable>> {
    const named = nameOf(call, deps, input);
    const look = () => findRetirable(deps, named);
    const isOwn = named.reference?.accountId === call.caller.accountId;
    const found = await (isOwn ? look() : quietly(look));
    const target = found && targetOf(call, deps, found);
    // Of another account's key, a grant that the caller may not retire is not there.
    if (found && target && (!isForeign(call, found.record.accountId) || (await policiesLetIn(call, deps, target)))) {
      call.touches(found.record.arn, 'AWS::KMS::Key', found.record.accountId);
      return { targets: [target], state: found };
    }
    const absent = missingGrant(call, named.grantId);
    if (!named.reference) {
      const target = { resource: '*', context: callerConditions(call, deps) };
      return { targets: [target], state: undefined as never, absent };
    }
    const answer = await askAboutKey(call, deps, { reference: named.reference, record: undefined });
    return { targets: [answer.target], state: undefined as never, absent };
  },
  run(call, input, { grant, record }, deps) {
    requireState(call, 'RetireGrant', record);
    endDryRun(call, input.DryRun);
    return end(call, deps, grant);
  },
});

function nameOf(
  call: Call<typeof RetireGrant>,
  deps: KmsDeps,
  input: InputOf<typeof RetireGrant>,
): { grantId: string; reference?: KeyReference } {
  const { GrantToken, GrantId, KeyId } = input;
  if (GrantToken !== undefined && GrantId === undefined && KeyId === undefined) {
    const grantId = deps.grantTokens.read(GrantToken);
    if (grantId === undefined) throw call.fail('InvalidGrantToken', 'the grant token was not issued here');
    return { grantId };
  }
  if (GrantToken !== undefined || GrantId === undefined || KeyId === undefined)
    throw call.fail('Validation', 'give either a grant token, or a key ARN and a grant id');
  requireGrantId(call, GrantId);
  return { grantId: GrantId, reference: requireKeyForm(call, deps, KeyId) };
}

async function findRetirable(
  deps: KmsDeps,
  { grantId, reference }: { grantId: string; reference?: KeyReference },
): Promise<Retirable | undefined> {
  const grant = await readGrant(deps.store.read, grantId);
  if (!grant) return undefined;
  await deps.grants.verify([grant]);
  const record = await deps.keys.key(grant.key_id);
  if (record?.accountId !== grant.account_id) return undefined;
  return reference === undefined || reference.arn === record.arn ? { grant, record } : undefined;
}

/** Key policies can deny retiring, not allow it: those who may are told by the grant. */
function targetOf(call: AnyCall, deps: KmsDeps, { grant, record }: Retirable): AuthorizationTarget {
  const home = `arn:${deps.settings.partition}:iam::${grant.issuing_account}:root`;
  const mayItself = termsOf(grant).operations.includes('RetireGrant');
  const named = [
    [home, grant.issuing_account],
    ...(grant.retiring === null ? [] : [[grant.retiring, grant.retiring_id]]),
    ...(mayItself ? [[grant.grantee, grant.grantee_id]] : []),
  ] as [string, string | null][];
  return {
    resource: record.arn,
    accountId: record.accountId,
    project: record.row.enterprise_project_id,
    resourceTags: record.tags,
    policy: deniesOf(record.policy),
    grants: allowing(record.arn, grant, ['RetireGrant'], named),
    trust: 'explicit',
    context: record.conditions.concat(callerConditions(call, deps)),
  };
}

function deniesOf(set: PolicySet): PolicySet {
  return {
    policies: set.policies,
    findDeny: (view, visit) => set.findDeny(view, visit),
    findAllow: () => undefined,
  };
}

function end(call: AnyCall, deps: KmsDeps, grant: GrantRow) {
  return change(
    async (tx) => {
      if (!(await deleteGrant(tx, grant.grant_id))) throw missingGrant(call, grant.grant_id);
      const ended = { keys: [grant.key_id], endedGrant: grant.grant_id };
      await announce(deps.store, tx, grant.account_id, ended);
      return undefined;
    },
    () => {
      deps.grants.noteEnd(grant.grant_id);
      deps.keys.forgetKey(grant.key_id);
    },
  );
}

function requireGrantId(call: AnyCall, grantId: string): void {
  if (!isGrantId(grantId)) throw call.fail('InvalidGrantId', `Invalid grant ID ${grantId}`);
}

function missingGrant(call: AnyCall, grantId: string) {
  return call.fail('NotFound', `Grant ID ${grantId} not found`, { hint: 'ListGrants shows the grants of a key' });
}
