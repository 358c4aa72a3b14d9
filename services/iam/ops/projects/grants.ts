/** Grants: a managed policy for the resources of one project. What they mean is in the principal's snapshot. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { Resolved } from '../../../../platform/runtime/call.ts';
import { AttachProjectPolicy, DetachProjectPolicy, ListProjectGrants } from '../../api/project-grants.ts';
import type { IamDeps } from '../../deps.ts';
import { groupArn, roleArn, userArn } from '../../domain/names.ts';
import { groupByName } from '../../store/groups.ts';
import { lockPolicy } from '../../store/policies.ts';
import {
  countGrants,
  deleteGrant,
  grantPosition,
  insertGrant,
  type ListedGrant,
  listGrants,
} from '../../store/project-grants.ts';
import { roleByName } from '../../store/roles.ts';
import { userByName } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { boundaryContext, lockOwner, type Owner, ownerGroup, ownerRole, ownerUser } from '../owners.ts';
import { closePage, openPage } from '../pages.ts';
import { type AnyCall, findPolicy, groupMissing, roleMissing, scopeOf, userMissing } from '../targets.ts';
import { aboutProject, type Project, requireOpenProject } from './about-project.ts';

type Grantee = Pick<InputOf<typeof AttachProjectPolicy>, 'UserName' | 'GroupName' | 'RoleName'>;
type GrantInput = InputOf<typeof AttachProjectPolicy>;

interface FoundGrantee {
  owner: Owner;
  boundary_arn: string | null;
}

const MEMBERS = ['UserName', 'GroupName', 'RoleName'] as const;

/** Undefined: nobody of that name. */
async function findGrantee(call: AnyCall, deps: IamDeps, input: Grantee): Promise<FoundGrantee | undefined> {
  const { accountId } = call.caller;
  const db = deps.store.read;
  if (input.UserName !== undefined) {
    const user = await userByName(db, accountId, input.UserName);
    return user && { owner: ownerUser(user), boundary_arn: user.boundary_arn };
  }
  if (input.GroupName !== undefined) {
    const group = await groupByName(db, accountId, input.GroupName);
    return group && { owner: ownerGroup(group), boundary_arn: null };
  }
  const role = await roleByName(db, accountId, input.RoleName ?? '');
  return role && { owner: ownerRole(role), boundary_arn: role.boundary_arn };
}

function requireOneGrantee(call: AnyCall, input: Grantee, least: 0 | 1): void {
  const given = MEMBERS.filter((member) => input[member] !== undefined);
  if (given.length <= 1 && given.length >= least) return;
  const message =
    least === 1 ? 'exactly one of UserName, GroupName and RoleName is needed' : 'name at most one grantee';
  throw call.fail('Validation', message, {
    details: { issues: MEMBERS.map((member) => ({ path: [member], rule: 'custom', message })) },
  });
}

function granteeMissing(input: Grantee): string {
  if (input.UserName !== undefined) return userMissing(input.UserName);
  return input.GroupName === undefined ? roleMissing(input.RoleName ?? '') : groupMissing(input.GroupName);
}

interface GrantState {
  project: Project;
  owner: Owner;
}

async function aboutGrant(call: AnyCall, input: GrantInput, deps: IamDeps): Promise<Resolved<GrantState>> {
  requireOneGrantee(call, input, 1);
  const found = await findGrantee(call, deps, input);
  const { targets, state, absent } = await aboutProject(call, deps, input.EnterpriseProjectId, {
    context: [['iam:PolicyARN', input.PolicyArn], ...boundaryContext(found)],
  });
  const missing = absent ?? (found ? undefined : call.fail('NotFound', granteeMissing(input)));
  return { targets, state: { project: state, owner: found?.owner } as GrantState, ...(missing && { absent: missing }) };
}

export const attachProjectPolicy = implement(AttachProjectPolicy, {
  resolve: aboutGrant,
  async run(call, input, { project, owner }, deps) {
    const policy = await findPolicy(deps.store.read, deps, scopeOf(call, deps), input.PolicyArn);
    const missing = () => call.fail('NotFound', `Policy ${input.PolicyArn} does not exist or is not attachable.`);
    if (!policy) throw missing();
    return policyChange(deps, call, owner.kind, owner.id, async (tx) => {
      await requireOpenProject(tx, call, project.id);
      await lockOwner(tx, call, owner);
      if (policy.kind === 'own' && !(await lockPolicy(tx, policy.policyId))) throw missing();
      const before = await countGrants(tx, owner.id);
      const added = await insertGrant(tx, {
        account_id: call.caller.accountId,
        project_id: project.id,
        owner_kind: owner.kind,
        owner_id: owner.id,
        policy_arn: policy.arn,
        policy_id: policy.policyId,
        created_at: call.now,
      });
      const limit = deps.limits.projectGrantsPerOwner;
      if (added && before >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for ProjectGrantsPerOwner: ${limit}`);
      return undefined;
    });
  },
});

/** Also in a disabled project: taking access away is always possible. */
export const detachProjectPolicy = implement(DetachProjectPolicy, {
  resolve: aboutGrant,
  run(call, input, { project, owner }, deps) {
    return policyChange(deps, call, owner.kind, owner.id, async (tx) => {
      const grant = { owner_id: owner.id, project_id: project.id, policy_arn: input.PolicyArn };
      if (!(await deleteGrant(tx, grant))) throw call.fail('NotFound', `Policy ${input.PolicyArn} was not found.`);
      return undefined;
    });
  },
});

const ARNS = { user: userArn, group: groupArn, role: roleArn } as const;
const TYPES = { user: 'User', group: 'Group', role: 'Role' } as const;

export const listProjectGrants = implement(ListProjectGrants, {
  async resolve(call, input, deps) {
    requireOneGrantee(call, input, 0);
    const { targets, state, absent } = await aboutProject(call, deps, input.EnterpriseProjectId);
    const named = MEMBERS.some((member) => input[member] !== undefined);
    const found = named ? await findGrantee(call, deps, input) : undefined;
    const missing = absent ?? (named && !found ? call.fail('NotFound', granteeMissing(input)) : undefined);
    return { targets, state: { project: state, owner: found?.owner }, ...(missing && { absent: missing }) };
  },
  async run(call, input, { project, owner }, deps) {
    const scope = scopeOf(call, deps);
    const page = openPage(deps, call, input, [project.id, owner?.id]);
    const filter = { accountId: scope.accountId, projectId: project.id, ownerId: owner?.id };
    const found = await listGrants(deps.store.read, filter, page.range);
    const { rows, output } = closePage(deps, page, found, grantPosition);
    const show = (grant: ListedGrant) => ({
      GranteeType: TYPES[grant.owner_kind],
      GranteeArn: ARNS[grant.owner_kind](scope, grant.path, grant.name),
      PolicyName: grant.policy_arn.slice(grant.policy_arn.lastIndexOf('/') + 1),
      PolicyArn: grant.policy_arn,
      CreateDate: grant.created_at,
    });
    return { Grants: rows.map(show), ...output };
  },
});
