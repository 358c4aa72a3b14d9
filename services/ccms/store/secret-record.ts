/** A secret as requests use it: verified, with its policy compiled. */
import {
  bindPolicy,
  type PolicySet,
  type PrincipalBindings,
  readResourcePolicy,
} from '../../../policies/engine/index.ts';
import { policyHash, type SecretRow } from '../domain/rows.ts';
import { POLICY_NAME } from '../domain/secret-policy.ts';
import type { Place } from '../domain/secret-ref.ts';
import { secretArn } from '../domain/secret-ref.ts';
import { readStages, type StageMap } from '../domain/stages.ts';
import { readTags, type TagMap } from '../domain/tags.ts';

export interface SecretRecord {
  row: SecretRow;
  arn: string;
  place: Place;
  stages: StageMap;
  tags: TagMap;
  policy: PolicySet | undefined;
}

/** Why verified rows still do not make a secret; the text goes to the log, never to a caller. */
export class InconsistentRow extends Error {
  override readonly name = 'InconsistentRow';
}

export function arnOf(row: Pick<SecretRow, 'account_id' | 'partition' | 'region' | 'name' | 'suffix'>): string {
  return secretArn({ accountId: row.account_id, partition: row.partition, region: row.region }, row.name, row.suffix);
}

/** @throws InconsistentRow */
export function assembleSecret(row: SecretRow): SecretRecord {
  if (policyHash(row.policy, row.policy_principals) !== row.policy_hash)
    throw new InconsistentRow('its policy is not the one the row names');
  const arn = arnOf(row);
  return {
    row,
    arn,
    place: { accountId: row.account_id, partition: row.partition, region: row.region },
    stages: readStages(row.stages),
    tags: readTags(row.tags),
    policy: row.policy === '' ? undefined : policyOf(row, arn),
  };
}

function policyOf(row: SecretRow, arn: string): PolicySet {
  const read = readResourcePolicy(row.policy, { arn, name: POLICY_NAME });
  if (!read.ok) throw new InconsistentRow(`its policy cannot be compiled: ${read.message}`);
  return bindPolicy(read.policy, JSON.parse(row.policy_principals) as PrincipalBindings);
}
