import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeEnterpriseProject, ListEnterpriseProjects } from '../../api/enterprise-projects.ts';
import type { ProjectRow } from '../../store/db.ts';
import { listProjects } from '../../store/enterprise-projects.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { scopeOf } from '../targets.ts';
import { aboutProject } from './about-project.ts';
import { showProject } from './view.ts';

export const describeEnterpriseProject = implement(DescribeEnterpriseProject, {
  resolve: (call, input, deps) => aboutProject(call, deps, input.EnterpriseProjectId),
  run: (call, _input, project, deps) => ({ EnterpriseProject: showProject(scopeOf(call, deps), project.row) }),
});

/** Names begin with a letter, a digit, `_` or `-`, so this comes before all of them. */
const DEFAULT_POSITION = '!';

export const listEnterpriseProjects = implement(ListEnterpriseProjects, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const scope = scopeOf(call, deps);
    const page = openPage(deps, call, input, [input.Status]);
    const { after, limit } = page.range;
    const withDefault = after === undefined && input.Status !== 'Disabled';
    const enabled = input.Status === undefined ? undefined : input.Status === 'Enabled';
    const found: (ProjectRow | undefined)[] = withDefault ? [undefined] : [];
    found.push(...(await listProjects(deps.store.read, scope.accountId, { enabled }, { after, limit })));
    const { rows, output } = closePage(deps, page, found, (row) => row?.name_key ?? DEFAULT_POSITION);
    return { EnterpriseProjects: rows.map((row) => showProject(scope, row)), ...output };
  },
});
