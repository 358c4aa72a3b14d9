/** Keys and aliases for the detective engine. Rows are verified like everywhere: a forged row is no fact. */

import { parseArn } from '../../../platform/contract/arn.ts';
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { accountsLetIn } from '../../../policies/engine/index.ts';
import { DescribeConfigurations, ListConfigurations } from '../api/configurations.ts';
import type { KmsDeps } from '../deps.ts';
import { readKeyPolicy } from '../domain/key-policy.ts';
import { aliasArn, keyArn } from '../domain/key-ref.ts';
import { isRotationOn } from '../domain/rotation.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { listKeyIds } from '../store/queries.ts';

const implement = implementFor<KmsDeps>();
const DEFAULT_LIMIT = 100;
const iso = (time: number) => new Date(time).toISOString();

export const describeConfigurations = implement(DescribeConfigurations, {
  resolve: noResource,
  async run(_call, { Resources }, _state, deps) {
    const items = new Map<string, ConfigurationItem>();
    for (const arn of Resources)
      for (const item of await describe(deps, arn))
        items.set(item.Arn, item.Arn === arn ? item : { ...item, Because: arn });
    return { Items: [...items.values()].slice(0, 1_000) };
  },
});

async function describe(deps: KmsDeps, text: string): Promise<ConfigurationItem[]> {
  const arn = parseArn(text);
  const { partition, region } = deps.settings;
  if (arn?.service !== 'kms' || arn.partition !== partition || arn.region !== region) return [];
  const gone = (Type: string, Name: string): ConfigurationItem[] => [
    { Arn: text, Type, AccountId: arn.accountId, Name, Tags: {}, Configuration: '{}', Deleted: true },
  ];
  if (arn.resource.startsWith('key/')) {
    const keyId = arn.resource.slice('key/'.length);
    const record = await orDamaged(() => deps.keys.fresh(keyId));
    // The last configuration that was recorded grows old.
    if (record === 'damaged') return [];
    return record?.accountId === arn.accountId ? itemsOf(record) : gone('kms:key', keyId);
  }
  if (!arn.resource.startsWith('alias/')) return [];
  const record = await deps.keys.freshByAlias(arn.accountId, arn.resource);
  if (!record) return gone('kms:alias', arn.resource);
  return itemsOf(record).filter((item) => item.Arn === text || item.Type === 'kms:key');
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const ids = await listKeyIds(deps.store.read, input.After ?? '', limit);
    const records = await Promise.all(ids.map((id) => orDamaged(() => deps.keys.fresh(id))));
    const Items = records.flatMap((record) => (record === undefined || record === 'damaged' ? [] : itemsOf(record)));
    const last = ids.at(-1);
    return { Items: Items.slice(0, 1_000), ...(ids.length === limit && last !== undefined && { Next: last }) };
  },
});

function itemsOf(record: KeyRecord): ConfigurationItem[] {
  const { row, arn, accountId, tags, aliases } = record;
  const place = { accountId, partition: row.partition, region: row.region };
  const key: ConfigurationItem = {
    Arn: arn,
    Type: 'kms:key',
    AccountId: accountId,
    Name: aliases[0] ?? row.key_id,
    CreatedAt: row.created_at,
    Tags: { ...tags },
    Configuration: JSON.stringify({
      keyId: row.key_id,
      description: row.description,
      enterpriseProject: row.enterprise_project_id,
      state: row.state,
      spec: row.spec,
      usage: row.usage,
      origin: row.origin,
      aliases,
      KeyRotationEnabled: isRotationOn(row),
      ...(isRotationOn(row) && { RotationPeriodInDays: row.rotation_period_days }),
      policyAccounts: accountsOf(row.policy, arn),
      policyHash: row.policy_hash,
      ...(row.state === 'PendingDeletion' && {
        deletionDate: row.deletion_date === null ? null : iso(row.deletion_date),
        pendingWindowDays: row.pending_window_days,
      }),
    }),
    Deleted: false,
  };
  const named = aliases.map(
    (name): ConfigurationItem => ({
      Arn: aliasArn(place, name),
      Type: 'kms:alias',
      AccountId: accountId,
      Name: name,
      Tags: {},
      Configuration: JSON.stringify({ name, targetKeyArn: keyArn(place, row.key_id) }),
      Deleted: false,
    }),
  );
  return [key, ...named];
}

/** A policy that cannot be read lets nobody in; for judging, it counts as the worst. */
function accountsOf(policy: string, arn: string): string[] {
  const read = readKeyPolicy(policy, arn);
  return read.ok ? accountsLetIn(read.policy) : ['*'];
}
