import { parseArn } from '../../../../platform/contract/arn.ts';
import { change } from '../../../../platform/runtime/call.ts';
import { orDamaged } from '../../../../platform/store/damaged.ts';
import { parseCredentialRole } from '../../domain/leases/credential-role.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { listRoleIds, replaceRole } from '../../store/role-queries.ts';
import { raced } from '../leases/credential-roles.ts';
import { resolveRole } from '../leases/role-access.ts';
import { moveOf, type OwnedKind, type OwnedResource } from './kind.ts';

const TYPE = 'secretsmanager:credential-role';

export const credentialRoles: OwnedKind = {
  type: TYPE,

  async find(deps, arn) {
    const accountId = parseArn(arn)?.accountId ?? '';
    const reference = arn.startsWith('arn:') ? parseCredentialRole(arn, { ...deps.settings, accountId }) : undefined;
    if (!reference) return undefined;
    const found = await orDamaged(() => deps.roles.byName(accountId, reference.name));
    if (found === 'damaged') return found;
    return found ? owned(found) : { gone: { name: reference.name, accountId } };
  },

  async byId(deps, id) {
    const found = await orDamaged(() => deps.roles.byIds([id]));
    if (found === 'damaged') return found;
    const role = found?.get(id);
    return role && owned(role);
  },

  ids: listRoleIds,

  async inProject(deps, where) {
    return (await deps.roles.inProject(where)).map(owned);
  },

  async askToMove(call, deps, arn) {
    const accountId = parseArn(arn)?.accountId ?? '';
    if (!parseCredentialRole(arn, { ...deps.settings, accountId })) return undefined;
    const { targets, state, absent } = await resolveRole(call, deps, arn);
    return { target: targets[0]!, resource: absent ? undefined : owned(state) };
  },
};

function owned(role: CredentialRole): OwnedResource {
  const { row, arn, settings } = role;
  const project = row.enterprise_project_id;
  return {
    id: row.role_id,
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
        targetId: row.target_id,
        ...settings,
        defaultTtlSeconds: row.default_ttl_seconds,
        maxTtlSeconds: row.max_ttl_seconds,
        maxLeases: row.max_leases,
        maxLeasesPerPrincipal: row.max_leases_per_principal,
      }),
      Deleted: false,
    }),
    async moveTo(call, deps, to) {
      const { row_mac, ...before } = row;
      const after = await deps.roles.seal({ ...before, enterprise_project_id: to, version: before.version + 1 });
      return change(async (tx) => {
        if (!(await replaceRole(tx, after))) throw raced(call, role);
        return moveOf({ arn, project }, to);
      });
    },
  };
}
