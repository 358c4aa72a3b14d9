import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import { accountsLetIn, readResourcePolicy } from '../../../../policies/engine/index.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { RotationRow } from '../../domain/rotation/rows.ts';
import { POLICY_NAME } from '../../domain/secret-policy.ts';
import { stagesByVersion } from '../../domain/stages.ts';
import { readTags } from '../../domain/tags.ts';
import { grantsOfTarget } from '../../store/grants.ts';
import { guardedSecret, listInProject, listSecretIds } from '../../store/queries.ts';
import { arnOf, type SecretRecord } from '../../store/secret-record.ts';
import { askAboutSecret, isForeign, requireLive } from '../secret-access.ts';
import { changeSecret } from '../secret-change.ts';
import { secretOfArn } from '../secret-of-arn.ts';
import { moveOf, type OwnedKind, type OwnedResource } from './kind.ts';

const TYPE = 'secretsmanager:secret';
const iso = (time: number) => new Date(time).toISOString();

export const secrets: OwnedKind = {
  type: TYPE,

  async find(deps, arn) {
    const found = await secretOfArn(deps, arn);
    if (!found || found === 'damaged') return found;
    return 'arn' in found ? owned(found, await rotationOf(deps, found)) : { gone: found };
  },

  async byId(deps, id) {
    const found = await orDamaged(() => deps.secrets.byId(id));
    return found && found !== 'damaged' ? owned(found, await rotationOf(deps, found)) : found;
  },

  ids: listSecretIds,

  async inProject(deps, { accountId, projectId, after, limit }) {
    const rows = await listInProject(deps.store.read, accountId, projectId, after, limit);
    await deps.guard.verify(rows.map(guardedSecret));
    // A policy is not looked at for a list, so it need not compile.
    return rows.map((row) => {
      const place = { accountId: row.account_id, partition: row.partition, region: row.region };
      return owned({ row, place, arn: arnOf(row), stages: new Map(), tags: readTags(row.tags), policy: undefined });
    });
  },

  async askToMove(call, deps, arn) {
    if (!arn.includes(':secret:')) return undefined;
    const { target, record } = await askAboutSecret(call, deps, arn);
    return { target, resource: record && !isForeign(call, record) ? owned(record) : undefined };
  },
};

interface Rotation {
  row: RotationRow | undefined;
  failed: boolean;
}

const NO_ROTATION: Rotation = { row: undefined, failed: false };

/** A secret whose rotation does not verify counts as one that does not rotate: that is what it is. */
async function rotationOf({ rotations }: CcmsDeps, { row }: SecretRecord): Promise<Rotation> {
  const found = await orDamaged(() => rotations.of(row.secret_id));
  if (!found || found === 'damaged') return NO_ROTATION;
  const open = await orDamaged(() => rotations.open(row.secret_id));
  return { row: found, failed: open === 'damaged' || (open ?? []).some(({ state }) => state === 'FAILED') };
}

function owned(record: SecretRecord, rotation: Rotation = NO_ROTATION): OwnedResource {
  const { row, arn, tags } = record;
  const project = row.enterprise_project_id;
  return {
    id: row.secret_id,
    arn,
    accountId: row.account_id,
    project,
    tags,
    item: () => itemOf(record, rotation),
    granted: async (deps) => grantsOfTarget(await deps.grants.of(record, 'everybody')),
    async moveTo(call, deps, to) {
      requireLive(call, record);
      const output = moveOf({ arn, project }, to);
      return changeSecret(call, deps, record, { edit: { enterprise_project_id: to }, output });
    },
  };
}

function itemOf({ row, arn, tags, stages }: SecretRecord, rotation: Rotation): ConfigurationItem {
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
      rotationEnabled: rotation.row?.enabled === 1,
      ...(rotation.failed && { lastRotationFailed: true }),
      ...(rotation.row?.last_rotated_at && { lastRotatedAt: iso(rotation.row.last_rotated_at) }),
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
