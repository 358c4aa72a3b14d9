/**
 * Default keys of our services. Guarantees one per account and service for ever: the alias row has room for one, and
 * who comes second gets the key of the first. What is made is recorded as CreateKey in the account.
 */
import { serviceCaller } from '../../../platform/client/transport.ts';
import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { AWS_NAMES, regionalName } from '../../../platform/contract/service-names.ts';
import { type Call, implementFor, noResource } from '../../../platform/runtime/call.ts';
import { CreateKey } from '../api/keys.ts';
import { KEY_USERS, ObtainDefaultKey } from '../api/on-behalf.ts';
import type { KmsDeps } from '../deps.ts';
import { type DefaultKey, defaultKey } from '../domain/default-key.ts';
import { keyArn } from '../domain/key-ref.ts';
import { type KeyRow, keyRowBytes, policyHash } from '../domain/rows.ts';
import { jobRecord } from '../jobs/job-record.ts';
import { announce } from '../store/change-follower.ts';
import { insertAlias, insertKey } from '../store/queries.ts';
import { sealedAlias } from './alias-access.ts';
import { aliasesColumn } from './key-change.ts';
import { newMaterial } from './new-material.ts';

const implement = implementFor<KmsDeps>();

export const obtainDefaultKey = implement(ObtainDefaultKey, {
  resolve: noResource,
  async run(call, { AccountId: accountId }, _state, deps) {
    const user = KEY_USERS.find((name) => serviceCaller(name).principalId === call.caller.principalId);
    if (user === undefined) throw call.fail('AccessDenied', `${call.caller.principalId} has no default keys`);
    const place = { ...deps.settings, accountId };
    const wanted = defaultKey(user, { name: AWS_NAMES[user], regionalName: regionalName(user, place), ...place });
    const known = await deps.keys.byAlias(accountId, wanted.alias);
    if (known) return { KeyId: known.arn };
    await makeDefaultKey(call, deps, wanted, accountId);
    const made = await deps.keys.freshByAlias(accountId, wanted.alias);
    if (!made) throw call.fail('Conflict', `${wanted.alias} cannot be found after it was made`);
    return { KeyId: made.arn };
  },
});

/** Makes the key unless somebody else does so at the same moment; key, alias and record are one commit. */
async function makeDefaultKey(call: Call<AnyOperation>, deps: KmsDeps, wanted: DefaultKey, accountId: string) {
  const { row, material } = await newDefaultKey(deps, wanted, accountId, call.now);
  const alias = await sealedAlias(deps, {
    account_id: accountId,
    name: wanted.alias,
    key_id: row.key_id,
    created_at: call.now,
    updated_at: call.now,
  });
  const arn = keyArn({ ...deps.settings, accountId }, row.key_id);
  const input = { Description: row.description, Policy: row.policy };
  await deps.store.transaction(async (tx) => {
    if (!(await insertAlias(tx, alias))) return;
    await insertKey(tx, row, material);
    await deps.recorder.appendIn(tx, {
      ...jobRecord(deps, CreateKey, { arn, accountId }, input),
      caller: { ...call.caller, accountId },
      origin: call.origin,
    });
    await announce(deps.store, tx, accountId, { keys: [row.key_id], alias: wanted.alias });
  });
  deps.keys.forgetAlias(accountId, wanted.alias);
}

async function newDefaultKey(deps: KmsDeps, wanted: DefaultKey, accountId: string, now: number) {
  const kind = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS' } as const;
  const key_id = deps.ids.uuidv4();
  const material = await newMaterial(deps, { key_id, account_id: accountId, ...kind }, now);
  const row = {
    key_id,
    account_id: accountId,
    partition: deps.settings.partition,
    region: deps.settings.region,
    state: 'Enabled' as const,
    ...kind,
    description: wanted.description,
    created_at: now,
    deletion_date: null,
    pending_window_days: null,
    material_id: material.material_id,
    aliases: aliasesColumn([wanted.alias]),
    tags: '[]',
    policy: wanted.policy,
    policy_principals: '[]',
    policy_hash: policyHash(wanted.policy, '[]'),
    enterprise_project_id: DEFAULT_PROJECT,
    managed_by: wanted.service,
    version: 1,
  };
  const [row_mac] = await deps.guard.seal([keyRowBytes(row)]);
  const sealed: KeyRow = { ...row, row_mac: row_mac! };
  return { row: sealed, material };
}
