import type { InputOf } from '../../../../platform/contract/operation.ts';
import {
  DisableEnterpriseProject,
  EnableEnterpriseProject,
  UpdateEnterpriseProject,
} from '../../api/enterprise-projects.ts';
import type { IamDeps } from '../../deps.ts';
import { nameKey } from '../../domain/names.ts';
import type { ProjectRow, Tx } from '../../store/db.ts';
import { lockProject, updateProject } from '../../store/enterprise-projects.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { type AnyCall, scopeOf } from '../targets.ts';
import { aboutProject, type Project, projectMissing, requireOpenProject } from './about-project.ts';
import { showProject } from './view.ts';

export const updateEnterpriseProject = implement(UpdateEnterpriseProject, {
  resolve: (call, input, deps) => aboutProject(call, deps, input.EnterpriseProjectId),
  run(call, input, project, deps) {
    requireOwn(call, project);
    return plainChange(async (tx) => {
      await requireOpenProject(tx, call, project.id);
      return save(tx, call, deps, project.id, edited(input, call.now));
    });
  },
});

function edited(input: InputOf<typeof UpdateEnterpriseProject>, now: number): Partial<ProjectRow> {
  return {
    ...(input.Name !== undefined && { name: input.Name, name_key: nameKey(input.Name) }),
    ...(input.Description !== undefined && { description: input.Description }),
    updated_at: now,
  };
}

export const disableEnterpriseProject = implement(DisableEnterpriseProject, {
  resolve: (call, input, deps) => aboutProject(call, deps, input.EnterpriseProjectId),
  run: (call, _input, project, deps) => turn(call, deps, project, 0),
});

export const enableEnterpriseProject = implement(EnableEnterpriseProject, {
  resolve: (call, input, deps) => aboutProject(call, deps, input.EnterpriseProjectId),
  run: (call, _input, project, deps) => turn(call, deps, project, 1),
});

/** What is so already stays as it is. */
function turn(call: AnyCall, deps: IamDeps, project: Project, enabled: 0 | 1) {
  requireOwn(call, project);
  return plainChange(async (tx) => {
    const current = await lockProject(tx, call.caller.accountId, project.id);
    if (current?.enabled === enabled) return { EnterpriseProject: showProject(scopeOf(call, deps), current) };
    return save(tx, call, deps, project.id, { enabled, updated_at: call.now });
  });
}

function requireOwn(call: AnyCall, project: Project): void {
  if (project.row) return;
  throw call.fail('InvalidInput', 'the default project cannot be changed or disabled', {
    hint: 'make a project and move resources into it',
  });
}

async function save(tx: Tx, call: AnyCall, deps: IamDeps, projectId: string, set: Partial<ProjectRow>) {
  const current = await lockProject(tx, call.caller.accountId, projectId);
  if (!current) throw call.fail('NotFound', projectMissing(projectId));
  const next = { ...current, ...set };
  await unlessTaken(updateProject(tx, projectId, set), () =>
    call.fail('EntityAlreadyExists', `an enterprise project called ${next.name} already exists`),
  );
  return { EnterpriseProject: showProject(scopeOf(call, deps), next) };
}
