import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { accountsLetIn, readResourcePolicy } from '../../../policies/engine/index.ts';
import { DescribeConfigurations, ListConfigurations } from '../api/configurations.ts';
import type { CcmsDeps } from '../deps.ts';
import { POLICY_NAME } from '../domain/secret-policy.ts';
import { stagesByVersion } from '../domain/stages.ts';
import { listSecretIds } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { secretOfArn } from './secret-of-arn.ts';

const implement = implementFor<CcmsDeps>();
const DEFAULT_LIMIT = 100;
const TYPE = 'secretsmanager:secret';
const iso = (time: number) => new Date(time).toISOString();

export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources) for (const item of await describe(deps, arn)) items.set(item.Arn, item);
    return { Items: [...items.values()] };
  },
});

async function describe(deps: CcmsDeps, text: string): Promise<ConfigurationItem[]> {
  const found = await secretOfArn(deps, text);
  if (!found || found === 'damaged') return [];
  if ('arn' in found) return [itemOf(found)];
  const { name, accountId } = found;
  return [{ Arn: text, Type: TYPE, AccountId: accountId, Name: name, Tags: {}, Configuration: '{}', Deleted: true }];
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const ids = await listSecretIds(deps.store.read, input.After ?? '', limit);
    const records = await Promise.all(ids.map((id) => orDamaged(() => deps.secrets.byId(id))));
    const Items = records.flatMap((record) => (record === undefined || record === 'damaged' ? [] : [itemOf(record)]));
    const last = ids.at(-1);
    return { Items, ...(ids.length === limit && last !== undefined && { Next: last }) };
  },
});

function itemOf({ row, arn, tags, stages }: SecretRecord): ConfigurationItem {
  return {
    Arn: arn,
    Type: TYPE,
    AccountId: row.account_id,
    Name: row.name,
    CreatedAt: row.created_at,
    Tags: { ...tags },
    Configuration: JSON.stringify({
      name: row.name,
      description: row.description,
      kmsKeyId: row.kms_key_id,
      stages: stagesByVersion(stages),
      // Secrets do not rotate by themselves yet.
      rotationEnabled: false,
      lastChangedAt: iso(row.changed_at),
      policyAccounts: row.policy === '' ? [] : accountsOf(row.policy, arn),
      policyHash: row.policy_hash,
      ...(row.deletion_date !== null && { deletionDate: iso(row.deletion_date) }),
    }),
    Deleted: false,
  };
}

/** A policy that cannot be read lets nobody in; for judging, it counts as the worst. */
function accountsOf(policy: string, arn: string): string[] {
  const read = readResourcePolicy(policy, { arn, name: POLICY_NAME });
  return read.ok ? accountsLetIn(read.policy) : ['*'];
}
