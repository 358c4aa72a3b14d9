/** Secrets for the detective engine, without any value. Rows are verified like everywhere: a forged row is no fact. */
import { parseArn } from '../../../platform/contract/arn.ts';
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { policyAccounts, readResourcePolicy } from '../../../policies/engine/index.ts';
import { DescribeConfigurations, ListConfigurations } from '../api/configurations.ts';
import type { CcmsDeps } from '../deps.ts';
import { POLICY_NAME } from '../domain/secret-policy.ts';
import { parseSecretId } from '../domain/secret-ref.ts';
import { stagesByVersion } from '../domain/stages.ts';
import { listSecretIds } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';

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
  const { partition, region } = deps.settings;
  const accountId = parseArn(text)?.accountId ?? '';
  const reference = text.startsWith('arn:') ? parseSecretId(text, { accountId, partition, region }) : undefined;
  const [exact] = reference?.names ?? [];
  // Only whole ARNs name a resource.
  if (!reference || exact?.suffix === undefined) return [];
  const record = await quietly(() => deps.secrets.byName(reference.accountId, exact.name));
  if (record === 'damaged') return [];
  if (record?.row.suffix === exact.suffix) return [itemOf(record)];
  return [
    { Arn: text, Type: TYPE, AccountId: accountId, Name: exact.name, Tags: {}, Configuration: '{}', Deleted: true },
  ];
}

export const listConfigurations = implement(ListConfigurations, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const limit = input.Limit ?? DEFAULT_LIMIT;
    const ids = await listSecretIds(deps.store.read, input.After ?? '', limit);
    const records = await Promise.all(ids.map((id) => quietly(() => deps.secrets.byId(id))));
    const Items = records.flatMap((record) => (record === undefined || record === 'damaged' ? [] : [itemOf(record)]));
    const last = ids.at(-1);
    return { Items, ...(ids.length === limit && last !== undefined && { Next: last }) };
  },
});

/** A row that does not verify is in our log, and not a fact: the last one that was recorded grows old. */
async function quietly(read: () => Promise<SecretRecord | undefined>): Promise<SecretRecord | undefined | 'damaged'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return 'damaged';
    throw error;
  }
}

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
  return read.ok ? policyAccounts(read.policy) : ['*'];
}
