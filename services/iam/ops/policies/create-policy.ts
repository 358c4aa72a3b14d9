import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { CreatePolicy } from '../../api/policies.ts';
import { nameKey, policyArn } from '../../domain/names.ts';
import { checkTags } from '../../domain/tags.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { PolicyRow } from '../../store/db.ts';
import { countPolicies, insertPolicy } from '../../store/policies.ts';
import { putTags, tagRecord } from '../../store/tags.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireDocument } from '../inline/documents.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { scopeOf } from '../targets.ts';
import { showPolicy } from './view.ts';

export const createPolicy = implement(CreatePolicy, {
  resolve: (call, input, deps) => ({
    targets: [
      {
        resource: policyArn(scopeOf(call, deps), input.Path ?? '/', input.PolicyName),
        project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
        ...(input.Tags && { requestTags: tagRecord(input.Tags) }),
      },
    ],
    state: undefined,
  }),
  async run(call, input, _state, deps) {
    requireDocument(call, deps, input.PolicyDocument);
    const tags = input.Tags ?? [];
    const problem = checkTags(tags, [], deps.limits.tagsPerResource);
    if (problem) throw call.fail(problem.code, problem.message);
    const scope = scopeOf(call, deps);
    const row: PolicyRow = {
      policy_id: deps.ids.unique('ANPA', 17),
      account_id: scope.accountId,
      name: input.PolicyName,
      name_key: nameKey(input.PolicyName),
      path: input.Path ?? '/',
      description: input.Description ?? null,
      default_version: 1,
      last_version: 1,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
      updated_at: call.now,
    };
    const arn = policyArn(scope, row.path, row.name);
    return plainChange(async (tx) => {
      await lockAccount(tx, scope.accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      const limit = deps.limits.policiesPerAccount;
      if ((await countPolicies(tx, scope.accountId)) >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for PoliciesPerAccount: ${limit}`);
      await unlessTaken(insertPolicy(tx, row, input.PolicyDocument), () =>
        call.fail(
          'EntityAlreadyExists',
          `A policy called ${row.name} already exists. Duplicate names are not allowed.`,
        ),
      );
      await putTags(tx, row.policy_id, tags);
      return { Policy: showPolicy({ kind: 'own', arn, policyId: row.policy_id, row }, undefined, tags) };
    });
  },
});
