import type { InputOf } from '../../../platform/contract/operation.ts';
import { type Call, change, implementFor } from '../../../platform/runtime/call.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { isAddressRange } from '../../../policies/engine/index.ts';
import { CreateSecretGrant, GRANT_ACTIONS } from '../api/grants.ts';
import type { CcmsDeps } from '../deps.ts';
import { type GrantRow, grantRowBytes, timesProblem } from '../domain/grant.ts';
import { MAX_GRANTS_PER_SECRET, MAX_LISTED_GRANTS_PER_SECRET } from '../domain/limits.ts';
import { CURRENT } from '../domain/stages.ts';
import { countGrants, insertGrant } from '../store/grant-queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { grantEntry, resolveOwnSecret } from './grant-entry.ts';
import { requireGrantee } from './grantee.ts';
import { grantKey, type KeyGrant, retireKeyGrant } from './key-grants.ts';
import { requireLive } from './secret-access.ts';
import { changeSecret } from './secret-change.ts';

const implement = implementFor<CcmsDeps>();
type Input = InputOf<typeof CreateSecretGrant>;
type GrantCall = Call<typeof CreateSecretGrant>;

export const createSecretGrant = implement(CreateSecretGrant, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),

  async run(call, input, secret, deps) {
    requireLive(call, secret);
    requireSensible(call, input);
    const grantee = await requireGrantee(call, deps, input.GranteePrincipal);
    await requireRoom(call, deps, secret);
    const grant_id = deps.ids.uuidv4();
    const reads = (input.Actions ?? GRANT_ACTIONS).includes('GetSecretValue');
    const key =
      reads && input.KeyAccess !== 'none'
        ? await grantKey(call, deps, secret, { ...grantee, name: `secret-grant/${grant_id}` })
        : { key_arn: null, key_grant_id: null };
    const undo = () => undoKeyGrant(call, deps, key);
    try {
      const row = await sealedGrant(deps, {
        ...contentOf(input),
        ...key,
        grant_id,
        secret_id: secret.row.secret_id,
        account_id: secret.row.account_id,
        secret_arn: secret.arn,
        grantee: grantee.grantee,
        grantee_id: grantee.id,
        grantee_account: grantee.accountId,
        created_at: call.now,
        created_by: call.caller.arn,
      });
      // The secret's row is written too: a grant of a secret that is destroyed meanwhile is a conflict.
      const written = await changeSecret(call, deps, secret, {
        edit: {},
        output: { Grant: grantEntry(row, call.now) },
      });
      const commit = async (tx: AnyTransaction) => {
        const output = await written.commit(tx);
        await insertGrant(tx, row);
        return output;
      };
      return change(commit, written.after, undo);
    } catch (error) {
      await undo();
      throw error;
    }
  },
});

/** Best effort: what stays behind opens nothing without a grant of the secret. */
async function undoKeyGrant(call: GrantCall, deps: CcmsDeps, key: KeyGrant): Promise<void> {
  await retireKeyGrant(call, deps, key).catch((error) =>
    deps.log.warn({ err: String(error), grant: key.key_grant_id }, 'grant of a key stays without its secret'),
  );
}

function requireSensible(call: GrantCall, input: Input): void {
  const problem = timesProblem(input, call.now);
  if (problem !== undefined) throw call.fail('InvalidParameter', problem);
  const address = input.SourceAddresses?.find((text) => !isAddressRange(text));
  if (address !== undefined)
    throw call.fail('InvalidParameter', `${address} is no address or range of addresses`, {
      hint: 'write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32',
    });
}

async function requireRoom(call: GrantCall, deps: CcmsDeps, secret: SecretRecord): Promise<void> {
  const { all, open } = await countGrants(deps.store.read, secret.row.secret_id, call.now);
  if (open >= MAX_GRANTS_PER_SECRET)
    throw call.fail('LimitExceeded', `a secret has at most ${MAX_GRANTS_PER_SECRET} grants`, {
      hint: 'revoke one first, or grant it to a role or an account',
    });
  if (all >= MAX_LISTED_GRANTS_PER_SECRET)
    throw call.fail(
      'LimitExceeded',
      `a secret has at most ${MAX_LISTED_GRANTS_PER_SECRET} grants with those that ended`,
      {
        hint: 'those that ended are forgotten after 90 days',
      },
    );
}

function contentOf(input: Input) {
  const json = (list: readonly string[] | undefined) =>
    list === undefined ? null : JSON.stringify([...new Set(list)].sort());
  // Conditions on the time know whole seconds.
  const seconds = (at: number | undefined) => (at === undefined ? null : at - (at % 1000));
  return {
    actions: JSON.stringify(GRANT_ACTIONS.filter((action) => (input.Actions ?? GRANT_ACTIONS).includes(action))),
    stages: json(input.VersionStages ?? [CURRENT]) as string,
    fields: json(input.Fields),
    not_before: seconds(input.NotBefore),
    expires_at: seconds(input.ExpiresAt),
    addresses: json(input.SourceAddresses),
    purpose: input.Purpose ?? null,
    max_cache_seconds: input.MaxCacheSeconds ?? null,
    approved_by: json(input.ApprovedBy),
    revoked_at: null,
    revoked_by: null,
    version: 1,
  };
}

async function sealedGrant(deps: CcmsDeps, row: Omit<GrantRow, 'row_mac'>): Promise<GrantRow> {
  const [row_mac] = await deps.guard.seal([grantRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
