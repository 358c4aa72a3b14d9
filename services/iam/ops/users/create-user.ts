import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import { CreateUser } from '../../api/users.ts';
import { nameKey, userArn } from '../../domain/names.ts';
import { checkTags } from '../../domain/tags.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { UserRow } from '../../store/db.ts';
import { lockPolicy } from '../../store/policies.ts';
import { putTags, tagRecord } from '../../store/tags.ts';
import { countUsers, insertUser } from '../../store/users.ts';
import { policyChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { findPolicy, scopeOf } from '../targets.ts';
import { showUser } from './view.ts';

export const createUser = implement(CreateUser, {
  resolve(call, input, deps) {
    const target: AuthorizationTarget = {
      resource: userArn(scopeOf(call, deps), input.Path ?? '/', input.UserName),
      project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      ...(input.Tags && { requestTags: tagRecord(input.Tags) }),
      ...(input.PermissionsBoundary && { context: [['iam:PermissionsBoundary', input.PermissionsBoundary]] }),
    };
    if (!input.Tags || input.Tags.length === 0) return { targets: [target], state: undefined };
    // Tags of a principal count wherever it acts.
    const tagging: AuthorizationTarget = { ...target, action: 'iam:TagUser', beyondProject: true };
    return { targets: [target, tagging], state: undefined };
  },
  async run(call, input, _state, deps) {
    const tags = input.Tags ?? [];
    const problem = checkTags(tags, [], deps.limits.tagsPerResource);
    if (problem) throw call.fail(problem.code, problem.message);
    const scope = scopeOf(call, deps);
    const boundary =
      input.PermissionsBoundary === undefined
        ? undefined
        : await findPolicy(deps.store.read, deps, scope, input.PermissionsBoundary);
    const noBoundary = () =>
      call.fail('NotFound', `Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`);
    if (input.PermissionsBoundary !== undefined && !boundary) throw noBoundary();

    const row: UserRow = {
      user_id: deps.ids.unique('AIDA', 17),
      account_id: scope.accountId,
      name: input.UserName,
      name_key: nameKey(input.UserName),
      path: input.Path ?? '/',
      boundary_arn: boundary?.arn ?? null,
      boundary_policy_id: boundary?.policyId ?? null,
      sessions_not_before: 0,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
    };
    call.touches(userArn(scope, row.path, row.name), 'AWS::IAM::User', scope.accountId);
    return policyChange(deps, call, 'user', row.user_id, async (tx) => {
      await lockAccount(tx, scope.accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      if (boundary?.kind === 'own' && !(await lockPolicy(tx, boundary.policyId))) throw noBoundary();
      const limit = deps.limits.usersPerAccount;
      if ((await countUsers(tx, scope.accountId)) >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for UsersPerAccount: ${limit}`);
      await unlessTaken(insertUser(tx, row), () =>
        call.fail('EntityAlreadyExists', `User with name ${row.name} already exists.`),
      );
      await putTags(tx, row.user_id, tags);
      return { User: showUser(deps, row, tags) };
    });
  },
});
