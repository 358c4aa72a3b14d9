/** What the owners of resources ask about enterprise projects and about the people who may use them. */
import { noResource } from '../../../../platform/runtime/call.ts';
import { FindEnterpriseProject, ListAccountPrincipals } from '../../api/internal.ts';
import { projectState } from '../../domain/enterprise-project.ts';
import { projectById } from '../../store/enterprise-projects.ts';
import { principalIds } from '../../store/principals.ts';
import { implement } from '../implement.ts';

export const findEnterpriseProject = implement(FindEnterpriseProject, {
  resolve: noResource,
  async run(_call, { AccountId, EnterpriseProjectId }, _state, deps) {
    const row = await projectById(deps.store.read, AccountId, EnterpriseProjectId);
    const Project = projectState(EnterpriseProjectId, row);
    return Project ? { Project } : {};
  },
});

export const listAccountPrincipals = implement(ListAccountPrincipals, {
  resolve: noResource,
  run: async (_call, { AccountId, After, Limit }, _state, deps) => ({
    PrincipalIds: await principalIds(deps.store.read, AccountId, { after: After, limit: Limit }),
  }),
});
