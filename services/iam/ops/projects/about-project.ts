/** What operations on enterprise projects are about, and what others ask of a project before they use it. */
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { Resolved } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import { intakeProblem, isDefaultProject } from '../../domain/enterprise-project.ts';
import { projectArn } from '../../domain/names.ts';
import type { ProjectRow, Tx } from '../../store/db.ts';
import { lockProject, projectById } from '../../store/enterprise-projects.ts';
import { type AnyCall, type Extra, scopeOf } from '../targets.ts';

export interface Project {
  id: string;
  /** Undefined: the default project. */
  row: ProjectRow | undefined;
}

export const projectMissing = (id: string) => `enterprise project ${id} does not exist`;

/** A project is a resource of its own: whoever administers it by a grant in it changes it and grants in it. */
export async function aboutProject(
  call: AnyCall,
  deps: IamDeps,
  id: string,
  extra?: Extra,
): Promise<Resolved<Project>> {
  const row = await projectById(deps.store.read, call.caller.accountId, id);
  const exists = row !== undefined || isDefaultProject(id);
  return {
    targets: [{ resource: projectArn(scopeOf(call, deps), id), project: id, ...extra }],
    state: { id, row },
    ...(!exists && { absent: call.fail('NotFound', projectMissing(id)) }),
  };
}

/** Holds the project until the transaction ends: it takes resources, grants and edits now, and is not disabled meanwhile. */
export async function requireOpenProject(
  tx: Tx,
  call: AnyCall,
  projectId: string | undefined = DEFAULT_PROJECT,
): Promise<void> {
  if (isDefaultProject(projectId)) return;
  const problem = intakeProblem(projectId, await lockProject(tx, call.caller.accountId, projectId));
  if (problem) throw call.fail(problem.code, problem.message, { hint: problem.hint });
}
