import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { CreateRole, ROLE_SESSION_SECONDS } from '../../api/roles.ts';
import { nameKey, roleArn } from '../../domain/names.ts';
import { checkTags } from '../../domain/tags.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { NewRole } from '../../store/db.ts';
import { countRoles, insertRole } from '../../store/roles.ts';
import { putTags, tagRecord } from '../../store/tags.ts';
import { boundaryColumns, findBoundary } from '../attachments/boundaries.ts';
import { policyChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { scopeOf } from '../targets.ts';
import { checkTrust } from './trust-policy.ts';
import { showRole } from './view.ts';

/** Guardrails do not bind roles of services, so nobody else makes a role that looks like one. */
const RESERVED_PATHS = ['/aws-service-role/', '/aws-reserved/'];

export const createRole = implement(CreateRole, {
  resolve(call, input, deps) {
    return {
      targets: [
        {
          resource: roleArn(scopeOf(call, deps), input.Path ?? '/', input.RoleName),
          project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
          beyondProject: true,
          ...(input.Tags && { requestTags: tagRecord(input.Tags) }),
          ...(input.PermissionsBoundary && { context: [['iam:PermissionsBoundary', input.PermissionsBoundary]] }),
        },
      ],
      state: undefined,
    };
  },
  async run(call, input, _state, deps) {
    const reserved = RESERVED_PATHS.find((path) => input.Path?.startsWith(path));
    if (reserved) throw call.fail('InvalidInput', `path ${reserved} is reserved for roles of services`);
    const tags = input.Tags ?? [];
    const problem = checkTags(tags, [], deps.limits.tagsPerResource);
    if (problem) throw call.fail(problem.code, problem.message);
    const scope = scopeOf(call, deps);
    const boundary = input.PermissionsBoundary && (await findBoundary(call, deps, input.PermissionsBoundary));
    const trust = await checkTrust(call, deps, input.AssumeRolePolicyDocument);
    const row: NewRole = {
      ...trust,
      role_id: deps.ids.unique('AROA', 17),
      account_id: scope.accountId,
      name: input.RoleName,
      name_key: nameKey(input.RoleName),
      path: input.Path ?? '/',
      description: input.Description ?? null,
      max_session_seconds: input.MaxSessionDuration ?? ROLE_SESSION_SECONDS.default,
      boundary_arn: null,
      boundary_policy_id: null,
      sessions_not_before: 0,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
    };
    call.touches(roleArn(scope, row.path, row.name), 'AWS::IAM::Role', scope.accountId);
    return policyChange(deps, call, 'role', row.role_id, async (tx) => {
      await lockAccount(tx, scope.accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      const limit = deps.limits.rolesPerAccount;
      if ((await countRoles(tx, scope.accountId)) >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for RolesPerAccount: ${limit}`);
      const bounded = boundary ? { ...row, ...(await boundaryColumns(tx, call, boundary)) } : row;
      await unlessTaken(insertRole(tx, bounded), () =>
        call.fail('EntityAlreadyExists', `Role with name ${row.name} already exists.`),
      );
      await putTags(tx, row.role_id, tags);
      return { Role: showRole(deps, bounded, tags) };
    });
  },
});
