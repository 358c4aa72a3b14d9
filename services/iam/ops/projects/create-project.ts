import { noResource } from '../../../../platform/runtime/call.ts';
import { CreateEnterpriseProject } from '../../api/enterprise-projects.ts';
import { nameKey, projectArn } from '../../domain/names.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { ProjectRow } from '../../store/db.ts';
import { countProjects, insertProject } from '../../store/enterprise-projects.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { scopeOf } from '../targets.ts';
import { showProject } from './view.ts';

export const createEnterpriseProject = implement(CreateEnterpriseProject, {
  resolve: noResource,
  run(call, input, _state, deps) {
    const scope = scopeOf(call, deps);
    const row: ProjectRow = {
      project_id: deps.ids.uuidv4(),
      account_id: scope.accountId,
      name: input.Name,
      name_key: nameKey(input.Name),
      description: input.Description ?? '',
      enabled: 1,
      created_at: call.now,
      updated_at: call.now,
    };
    call.touches(projectArn(scope, row.project_id), 'Parapet::IAM::EnterpriseProject', scope.accountId);
    return plainChange(async (tx) => {
      await lockAccount(tx, scope.accountId);
      const limit = deps.limits.enterpriseProjectsPerAccount;
      if ((await countProjects(tx, scope.accountId)) >= limit) {
        throw call.fail('LimitExceeded', `Cannot exceed quota for EnterpriseProjectsPerAccount: ${limit}`, {
          hint: 'disabled projects count: rename and enable one of them',
        });
      }
      await unlessTaken(insertProject(tx, row), () =>
        call.fail('EntityAlreadyExists', `an enterprise project called ${row.name} already exists`),
      );
      return { EnterpriseProject: showProject(scope, row) };
    });
  },
});
