import { DEFAULT_PROJECT, projectProblem } from '../../../../platform/contract/enterprise-project.ts';
import type { AnyOperation, ErrorCodeOf } from '../../../../platform/contract/operation.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { AnyCall } from '../secret-access.ts';

/**
 * Throws unless the project exists in the caller's account and is enabled. A project that is disabled while a request
 * for it is under way may still get what the request puts there.
 */
export async function requireOpenProject(call: AnyCall, deps: CcmsDeps, projectId: string): Promise<void> {
  if (projectId === DEFAULT_PROJECT) return;
  const { Project } = await deps.clients.iam.FindEnterpriseProject({
    AccountId: call.caller.accountId,
    EnterpriseProjectId: projectId,
  });
  const problem = projectProblem(projectId, Project);
  if (problem) throw call.fail(problem.code as ErrorCodeOf<AnyOperation>, problem.message, { hint: problem.hint });
}
