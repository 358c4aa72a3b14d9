import { ListEntitiesForPolicy } from '../../api/attachments.ts';
import { type Entity, type EntityFilter, groupsHolding, rolesHolding, usersHolding } from '../../store/attachments.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutPolicy } from '../targets.ts';

const USAGES = { PermissionsPolicy: 'attached', PermissionsBoundary: 'boundary' } as const;

/** Groups first, then users, then roles, each by name; a position begins with the number of its kind. */
const KINDS = [
  { kind: 'group', filter: 'Group', holding: groupsHolding },
  { kind: 'user', filter: 'User', holding: usersHolding },
  { kind: 'role', filter: 'Role', holding: rolesHolding },
] as const;

const position = (entity: Entity) => `${KINDS.findIndex(({ kind }) => kind === entity.kind)}${entity.nameKey}`;

export const listEntitiesForPolicy = implement(ListEntitiesForPolicy, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    const { EntityFilter: wanted, PathPrefix = '/', PolicyUsageFilter } = input;
    const page = openPage(deps, call, input, [policy.arn, wanted, PathPrefix, PolicyUsageFilter]);
    const { after, limit } = page.range;
    const filter: EntityFilter = {
      accountId: call.caller.accountId,
      policyArn: policy.arn,
      usage: PolicyUsageFilter === undefined ? 'any' : USAGES[PolicyUsageFilter],
      pathPrefix: PathPrefix,
    };
    const begun = after === undefined ? 0 : Number(after[0]);
    const found: Entity[] = [];
    for (const [i, kind] of KINDS.entries()) {
      if (i < begun || found.length >= limit || (wanted !== undefined && wanted !== kind.filter)) continue;
      const from = i === begun ? after?.slice(1) : undefined;
      found.push(...(await kind.holding(deps.store.read, filter, { after: from, limit: limit - found.length })));
    }
    const { rows, output } = closePage(deps, page, found, position);
    return {
      PolicyGroups: rows.filter((e) => e.kind === 'group').map((e) => ({ GroupName: e.name, GroupId: e.id })),
      PolicyUsers: rows.filter((e) => e.kind === 'user').map((e) => ({ UserName: e.name, UserId: e.id })),
      PolicyRoles: rows.filter((e) => e.kind === 'role').map((e) => ({ RoleName: e.name, RoleId: e.id })),
      ...output,
    };
  },
});
