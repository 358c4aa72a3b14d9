import { ListEntitiesForPolicy } from '../../api/attachments.ts';
import { type Entity, type EntityFilter, groupsHolding, usersHolding } from '../../store/attachments.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutPolicy } from '../targets.ts';

const USAGES = { PermissionsPolicy: 'attached', PermissionsBoundary: 'boundary' } as const;

/** Groups first, then users, each by name; there are no roles yet. */
const position = (entity: Entity) => `${entity.kind === 'group' ? '0' : '1'}${entity.nameKey}`;

export const listEntitiesForPolicy = implement(ListEntitiesForPolicy, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    const { EntityFilter: kind, PathPrefix = '/', PolicyUsageFilter } = input;
    const page = openPage(deps, call, input, [policy.arn, kind, PathPrefix, PolicyUsageFilter]);
    const { after, limit } = page.range;
    const filter: EntityFilter = {
      accountId: call.caller.accountId,
      policyArn: policy.arn,
      usage: PolicyUsageFilter === undefined ? 'any' : USAGES[PolicyUsageFilter],
      pathPrefix: PathPrefix,
    };
    const found: Entity[] = [];
    if ((kind === undefined || kind === 'Group') && !after?.startsWith('1'))
      found.push(...(await groupsHolding(deps.store.read, filter, { after: after?.slice(1), limit })));
    if ((kind === undefined || kind === 'User') && found.length < limit) {
      const from = after?.startsWith('1') ? after.slice(1) : undefined;
      found.push(...(await usersHolding(deps.store.read, filter, { after: from, limit: limit - found.length })));
    }
    const { rows, output } = closePage(deps, page, found, position);
    return {
      PolicyGroups: rows.filter((e) => e.kind === 'group').map((e) => ({ GroupName: e.name, GroupId: e.id })),
      PolicyUsers: rows.filter((e) => e.kind === 'user').map((e) => ({ UserName: e.name, UserId: e.id })),
      PolicyRoles: [],
      ...output,
    };
  },
});
