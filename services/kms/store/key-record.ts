/** A key as requests use it: verified, complete, immutable. Made once per version of its row. */
import type { KeyRef } from '../../../hsm/port.ts';
import { wrappedKey } from '../../../platform/store/tenant-keys.ts';
import { bindPolicy, type PolicySet, type PrincipalBindings } from '../../../policies/engine/index.ts';
import type { RotationType } from '../api/rotation.ts';
import type { KeyMetadata, KeyState } from '../api/shapes.ts';
import { buildHeader, ownerAad } from '../domain/ciphertext.ts';
import { algorithmsOf } from '../domain/key-algorithms.ts';
import { readKeyPolicy } from '../domain/key-policy.ts';
import { arnPrefix, keyArn } from '../domain/key-ref.ts';
import { type KeyRow, type MaterialRow, policyHash, type TenantRow } from '../domain/rows.ts';
import { type TagMap, tagMap } from '../domain/tags.ts';

/** One generation of key material, ready to be sent to the HSM. */
export interface Material {
  id: string;
  ref: KeyRef;
  /** First 52 bytes of every ciphertext made with it. */
  header: Buffer;
  createdAt: number;
  /** Null: it came with the key. */
  rotationType: RotationType | null;
}

export type Condition = readonly [key: string, value: string | readonly string[]];

export interface KeyRecord {
  row: KeyRow & { state: KeyState };
  arn: string;
  /** What every message of this key authenticates about its owner. */
  ownerAad: Buffer;
  accountId: string;
  aliases: readonly string[];
  tags: TagMap;
  policy: PolicySet;
  /** Condition keys that depend on the key alone. */
  conditions: readonly Condition[];
  current: Material;
  /** All generations by id: old ciphertexts name theirs. */
  materials: ReadonlyMap<string, Material>;
}

/** Why verified rows still do not make a key; the text goes to the log, never to a caller. */
export class InconsistentRows extends Error {
  override readonly name = 'InconsistentRows';
}

/**
 * Puts verified rows together. Refuses rows that are each genuine but do not belong together: material of another key,
 * a tenant key of another account, a policy that is not the one the key row names.
 * @throws InconsistentRows
 */
export function assembleKey(row: KeyRow, materials: readonly MaterialRow[], tenant: TenantRow | undefined): KeyRecord {
  if (row.state === 'Deleted') throw new InconsistentRows('key row is a tombstone');
  if (policyHash(row.policy, row.policy_principals) !== row.policy_hash) {
    throw new InconsistentRows('key policy is not the one the key row names');
  }
  const place = { accountId: row.account_id, partition: row.partition, region: row.region };
  const arn = keyArn(place, row.key_id);
  const read = readKeyPolicy(row.policy, arn);
  if (!read.ok) throw new InconsistentRows(`key policy cannot be compiled: ${read.message}`);
  if (!tenant || tenant.account_id !== row.account_id)
    throw new InconsistentRows('tenant key of the account is missing');
  const byId = new Map<string, Material>();
  for (const material of materials) {
    if (
      material.key_id !== row.key_id ||
      material.account_id !== row.account_id ||
      material.tenant_id !== tenant.tenant_id
    ) {
      throw new InconsistentRows(`key material ${material.material_id} belongs to another key`);
    }
    byId.set(material.material_id, {
      id: material.material_id,
      ref: { tenant: wrappedKey(tenant), material: wrappedKey(material) },
      header: buildHeader(row.key_id, material.material_id),
      createdAt: material.created_at,
      rotationType: material.rotation_type,
    });
  }
  const current = byId.get(row.material_id);
  if (!current) throw new InconsistentRows('current key material is missing');
  const aliases = JSON.parse(row.aliases) as string[];
  return {
    row: row as KeyRecord['row'],
    arn,
    ownerAad: ownerAad({ accountId: row.account_id, arnPrefix: arnPrefix(place) }),
    accountId: row.account_id,
    aliases,
    tags: storedTags(row),
    policy: bindPolicy(read.policy, JSON.parse(row.policy_principals) as PrincipalBindings),
    conditions: [
      ['kms:KeyOrigin', row.origin],
      ['kms:KeySpec', row.spec],
      ['kms:KeyUsage', row.usage],
      ['kms:MultiRegion', 'false'],
      ['kms:ResourceAliases', aliases],
    ],
    current,
    materials: byId,
  };
}

function storedTags(row: Pick<KeyRow, 'tags'>): TagMap {
  const pairs = JSON.parse(row.tags) as [string, string][];
  return tagMap(pairs.map(([TagKey, TagValue]) => ({ TagKey, TagValue })));
}

/** KeyMetadata with the presence rules of spec kms, Appendix A. */
export function describe(row: KeyRow & { state: KeyState }): KeyMetadata {
  const place = { accountId: row.account_id, partition: row.partition, region: row.region };
  return {
    AWSAccountId: row.account_id,
    KeyId: row.key_id,
    Arn: keyArn(place, row.key_id),
    CreationDate: row.created_at,
    Enabled: row.state === 'Enabled',
    Description: row.description,
    KeyUsage: row.usage,
    KeyState: row.state,
    ...(row.state === 'PendingDeletion' && row.deletion_date !== null && { DeletionDate: row.deletion_date }),
    Origin: row.origin,
    KeyManager: row.managed_by === null ? 'CUSTOMER' : 'AWS',
    CustomerMasterKeySpec: row.spec,
    KeySpec: row.spec,
    ...algorithmsOf(row),
    MultiRegion: false,
    EnterpriseProjectId: row.enterprise_project_id,
    ...(row.spec === 'SYMMETRIC_DEFAULT' && { CurrentKeyMaterialId: row.material_id }),
  };
}
