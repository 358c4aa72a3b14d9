import { parseArn } from '../../../../platform/contract/arn.ts';
import { change } from '../../../../platform/runtime/call.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import { targetNameOf } from '../../domain/target-ref.ts';
import { listTargetIds, listTargetsInProject, replaceTarget } from '../../store/target-queries.ts';
import { guardedTarget, recordOf, type TargetRecord } from '../../store/targets.ts';
import { placeOf } from '../secret-access.ts';
import { conflict, sealed } from '../targets/change-target.ts';
import { askAboutTarget } from '../targets/target-access.ts';
import { moveOf, type OwnedKind, type OwnedResource } from './kind.ts';

const TYPE = 'secretsmanager:target';

export const targets: OwnedKind = {
  type: TYPE,

  async find(deps, arn) {
    const accountId = parseArn(arn)?.accountId ?? '';
    const name = targetNameOf(arn, { ...deps.settings, accountId });
    if (name === undefined) return undefined;
    const found = await orDamaged(() => deps.targets.byName(accountId, name));
    if (found === 'damaged') return found;
    return found ? owned(found) : { gone: { name, accountId } };
  },

  async byId(deps, id) {
    const found = await orDamaged(() => deps.targets.byId(id));
    return found && found !== 'damaged' ? owned(found) : found;
  },

  ids: listTargetIds,

  async inProject(deps, { accountId, projectId, after, limit }) {
    const rows = await listTargetsInProject(deps.store.read, accountId, projectId, after, limit);
    await deps.guard.verify(rows.map(guardedTarget));
    return rows.map((row) => owned(recordOf(row)));
  },

  async askToMove(call, deps, arn) {
    const name = targetNameOf(arn, placeOf(call, deps));
    if (name === undefined) return undefined;
    const { target, record } = await askAboutTarget(call, deps, name);
    return { target, resource: record && owned(record) };
  },
};

function owned(record: TargetRecord): OwnedResource {
  const { row, arn } = record;
  const project = row.enterprise_project_id;
  return {
    id: row.target_id,
    arn,
    accountId: row.account_id,
    project,
    tags: {},
    item: () => ({
      Arn: arn,
      Type: TYPE,
      AccountId: row.account_id,
      Name: row.name,
      CreatedAt: row.created_at,
      Tags: {},
      Configuration: JSON.stringify({
        name: row.name,
        engine: row.engine,
        endpoints: record.endpoints.map(({ Host, Port }) => `${Host}:${Port}`),
        tls: record.tls.Mode,
        adminSecretArn: row.admin_secret_arn,
        roleArn: row.role_arn,
      }),
      Deleted: false,
    }),
    async moveTo(call, deps, to) {
      const { row_mac, ...before } = row;
      const after = await sealed(deps, { ...before, enterprise_project_id: to, version: before.version + 1 });
      return change(async (tx) => {
        if (!(await replaceTarget(tx, after.row))) throw conflict(call, record);
        return moveOf({ arn, project }, to);
      });
    },
  };
}
