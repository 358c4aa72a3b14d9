import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import type { InputOf } from '../../../platform/contract/operation.ts';
import { type AuthorizationTarget, type Call, change, implementFor } from '../../../platform/runtime/call.ts';
import { CreateKey } from '../api/keys.ts';
import type { KmsDeps } from '../deps.ts';
import { defaultKeyPolicy } from '../domain/key-policy.ts';
import { keyArn } from '../domain/key-ref.ts';
import { MAX_KEYS_PER_ACCOUNT } from '../domain/limits.ts';
import { type NewKey, newKeyProblem, requestedKey } from '../domain/new-key.ts';
import { type KeyRow, keyRowBytes, policyHash } from '../domain/rows.ts';
import { type TagMap, tagMap, tagsColumn, withTags } from '../domain/tags.ts';
import { announce } from '../store/change-follower.ts';
import { type Condition, describe } from '../store/key-record.ts';
import { countKeys, insertKey } from '../store/queries.ts';
import { callerConditions, placeOf } from './key-access.ts';
import { checkPolicy, requireNoLockout } from './key-policy-check.ts';
import { newMaterial } from './new-material.ts';
import { requireOpenProject } from './projects.ts';

const implement = implementFor<KmsDeps>();
type Input = InputOf<typeof CreateKey>;

function conditionsOf(call: Call<typeof CreateKey>, deps: KmsDeps, input: Input, key: NewKey): Condition[] {
  return [
    ...callerConditions(call, deps),
    ['kms:BypassPolicyLockoutSafetyCheck', String(input.BypassPolicyLockoutSafetyCheck ?? false)],
    ['kms:KeyOrigin', key.origin],
    ['kms:KeySpec', key.spec],
    ['kms:KeyUsage', key.usage],
    ['kms:MultiRegion', String(input.MultiRegion ?? false)],
  ];
}

export const createKey = implement(CreateKey, {
  resolve(call, input, deps) {
    const key = requestedKey(input);
    const requestTags = tagMap(input.Tags ?? []);
    const create: AuthorizationTarget = {
      resource: '*',
      project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      context: conditionsOf(call, deps, input, key),
      ...(input.Tags && { requestTags }),
    };
    // AWS: whoever tags at creation needs the permission to tag as well.
    const targets = input.Tags && input.Tags.length > 0 ? [create, { ...create, action: 'kms:TagResource' }] : [create];
    return { targets, state: key };
  },

  async run(call, input, key, deps) {
    const problem = newKeyProblem(input);
    if (problem) throw call.fail(problem.code, problem.message);
    const tagged = withTags(tagMap([]), input.Tags ?? []);
    if (!tagged.ok) throw call.fail('InvalidTags', tagged.message);
    await requireOpenProject(call, deps, input.EnterpriseProjectId ?? DEFAULT_PROJECT);
    const place = placeOf(call, deps);
    const keyId = deps.ids.uuidv4();
    const policy = await policyOf(call, input, deps, { arn: keyArn(place, keyId), tags: tagged.tags, key });

    const { accountId } = place;
    const material = await newMaterial(deps, { key_id: keyId, account_id: accountId, ...key }, call.now);
    const row = {
      key_id: keyId,
      account_id: accountId,
      partition: place.partition,
      region: place.region,
      state: 'Enabled' as const,
      ...key,
      description: input.Description ?? '',
      created_at: call.now,
      deletion_date: null,
      pending_window_days: null,
      material_id: material.material_id,
      aliases: '[]',
      tags: tagsColumn(tagged.tags),
      ...policy,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      managed_by: null,
      version: 1,
    };
    const [row_mac] = await deps.guard.seal([keyRowBytes(row)]);
    const sealed: KeyRow & { state: 'Enabled' } = { ...row, row_mac: row_mac! };
    call.touches(keyArn(place, keyId), 'AWS::KMS::Key', accountId);

    return change(
      async (tx) => {
        if ((await countKeys(tx, accountId)) >= MAX_KEYS_PER_ACCOUNT) {
          throw call.fail('LimitExceeded', `account has ${MAX_KEYS_PER_ACCOUNT} keys`, {
            hint: 'schedule the deletion of keys that are not needed',
          });
        }
        await insertKey(tx, sealed, material);
        await announce(deps.store, tx, accountId, { keys: [keyId] });
        return { KeyMetadata: describe(sealed) };
      },
      () => deps.keys.forgetKey(keyId),
    );
  },
});

async function policyOf(
  call: Call<typeof CreateKey>,
  input: Input,
  deps: KmsDeps,
  made: { arn: string; tags: TagMap; key: NewKey },
) {
  const { accountId, partition } = placeOf(call, deps);
  if (input.Policy === undefined) {
    const policy = defaultKeyPolicy(partition, accountId);
    return { policy, policy_principals: '[]', policy_hash: policyHash(policy, '[]') };
  }
  const checked = await checkPolicy(call, deps, input.Policy, { arn: made.arn, accountId });
  const target: AuthorizationTarget = {
    resource: made.arn,
    accountId,
    project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
    resourceTags: made.tags,
    policy: checked.set,
    context: conditionsOf(call, deps, input, made.key),
  };
  await requireNoLockout(call, deps, target, input.BypassPolicyLockoutSafetyCheck);
  return checked.columns;
}
