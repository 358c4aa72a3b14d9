import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { change, implementFor } from '../../../../platform/runtime/call.ts';
import { CreateTarget, DeleteTarget, UpdateTarget } from '../../api/targets.ts';
import type { CcmsDeps } from '../../deps.ts';
import { MAX_TARGETS_PER_ACCOUNT } from '../../domain/limits.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { targetArn } from '../../domain/target-ref.ts';
import { type TargetRow, targetRowBytes } from '../../domain/target-row.ts';
import { countRolesAt } from '../../store/role-queries.ts';
import { isLaneUsed } from '../../store/rotation-queries.ts';
import { countTargets, deleteTarget as deleteRow, insertTarget, replaceTarget } from '../../store/target-queries.ts';
import { recordOf, type TargetRecord } from '../../store/targets.ts';
import { type PassedRole, passedRole, requireTrust } from '../acting/pass-role.ts';
import { requireOpenProject } from '../owned/open-project.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';
import { BLANK, configured } from './configuration.ts';
import { askAboutTarget, missingTarget, resolveTarget, showTarget, TARGET_TYPE } from './target-access.ts';
import { requireLogin } from './test-login.ts';

const implement = implementFor<CcmsDeps>();

export const createTarget = implement(CreateTarget, {
  async resolve(call, input, deps) {
    const resource = targetArn(placeOf(call, deps), input.Name);
    const role = await passedRole(deps, input.RoleArn, resource);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    return { targets: [{ resource, project }, role.target], state: role };
  },

  async run(call, input, role: PassedRole, deps) {
    const place = placeOf(call, deps);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    requireTrust(call, role);
    await requireOpenProject(call, deps, project);
    const taken = call.fail('AlreadyExists', `target ${input.Name} exists already`, { hint: 'choose another name' });
    if (await deps.targets.byName(place.accountId, input.Name)) throw taken;
    const record = await sealed(deps, {
      target_id: deps.ids.uuidv7(),
      account_id: place.accountId,
      ...{ partition: place.partition, region: place.region },
      name: input.Name,
      engine: input.Engine,
      ...(await configured(call, deps, input.Engine, BLANK, input)),
      enterprise_project_id: project,
      ...{ created_at: call.now, changed_at: call.now, version: 1 },
    });
    if (!input.SkipTest) await requireLogin(call, deps, record);
    call.touches(record.arn, TARGET_TYPE, place.accountId);
    return change(async (tx) => {
      if ((await countTargets(tx, place.accountId)) >= MAX_TARGETS_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has ${MAX_TARGETS_PER_ACCOUNT} targets`);
      if (!(await insertTarget(tx, record.row))) throw taken;
      return { Target: showTarget(record) };
    });
  },
});

export const updateTarget = implement(UpdateTarget, {
  async resolve(call, input, deps) {
    const { target, record } = await askAboutTarget(call, deps, input.Name);
    const roleArn = input.RoleArn ?? record?.row.role_arn;
    if (!record || roleArn === undefined)
      return { targets: [target], state: undefined as never, absent: missingTarget(call, input.Name) };
    // Also for the role it has: what the role is used for may change with everything else.
    const role = await passedRole(deps, roleArn, record.arn);
    return { targets: [target, role.target], state: { record, role } };
  },

  async run(call, input, state: { record: TargetRecord; role: PassedRole }, deps) {
    const { record, role } = state;
    requireTrust(call, role);
    const { row_mac, ...before } = record.row;
    const after = await sealed(deps, {
      ...before,
      ...(await configured(call, deps, before.engine, before, input)),
      changed_at: call.now,
      version: before.version + 1,
    });
    if (!input.SkipTest) await requireLogin(call, deps, after);
    return change(async (tx) => {
      if (!(await replaceTarget(tx, after.row))) throw conflict(call, record);
      return { Target: showTarget(after) };
    });
  },
});

export const deleteTarget = implement(DeleteTarget, {
  resolve: (call, input, deps) => resolveTarget(call, deps, input.Name),
  async run(call, _input, record: TargetRecord) {
    return change(async (tx) => {
      if (await isLaneUsed(tx, `target/${record.row.target_id}`))
        throw call.fail('InvalidRequest', `target ${record.row.name} is used: secrets rotate there`, {
          hint: 'give those secrets another strategy, or delete them, first',
        });
      if (!(await deleteRow(tx, record.row))) throw conflict(call, record);
      const roles = await countRolesAt(tx, record.row.target_id);
      if (roles > 0)
        throw call.fail('InvalidRequest', `target ${record.row.name} has ${roles} credential roles`, {
          hint: 'ListCredentialRoles shows them; DeleteCredentialRole deletes one',
        });
      return { Arn: record.arn };
    });
  },
});

export async function sealed(deps: CcmsDeps, row: Unsealed<TargetRow>): Promise<TargetRecord> {
  const [row_mac] = await deps.guard.seal([targetRowBytes(row)]);
  return recordOf({ ...row, row_mac: row_mac! });
}

export function conflict(call: AnyCall, { row }: TargetRecord) {
  return call.fail('Conflict', `target ${row.name} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}
