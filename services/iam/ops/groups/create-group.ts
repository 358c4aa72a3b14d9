import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { CreateGroup } from '../../api/groups.ts';
import { groupArn, nameKey } from '../../domain/names.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { GroupRow } from '../../store/db.ts';
import { countGroups, insertGroup } from '../../store/groups.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { scopeOf } from '../targets.ts';
import { showGroup } from './view.ts';

export const createGroup = implement(CreateGroup, {
  resolve: (call, input, deps) => ({
    targets: [
      {
        resource: groupArn(scopeOf(call, deps), input.Path ?? '/', input.GroupName),
        project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      },
    ],
    state: undefined,
  }),
  run(call, input, _state, deps) {
    const { accountId } = call.caller;
    const row: GroupRow = {
      group_id: deps.ids.unique('AGPA', 17),
      account_id: accountId,
      name: input.GroupName,
      name_key: nameKey(input.GroupName),
      path: input.Path ?? '/',
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
    };
    return plainChange(async (tx) => {
      await lockAccount(tx, accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      const limit = deps.limits.groupsPerAccount;
      if ((await countGroups(tx, accountId)) >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for GroupsPerAccount: ${limit}`);
      await unlessTaken(insertGroup(tx, row), () =>
        call.fail('EntityAlreadyExists', `Group with name ${row.name} already exists.`),
      );
      return { Group: showGroup(deps, row) };
    });
  },
});
