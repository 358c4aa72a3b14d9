import { previewMove } from '../../../../platform/authz/move-preview.ts';
import type { Resolved } from '../../../../platform/runtime/call.ts';
import { MoveResource, PreviewMoveResource } from '../../api/project-resources.ts';
import type { IamDeps } from '../../deps.ts';
import { intakeProblem } from '../../domain/enterprise-project.ts';
import { projectById } from '../../store/enterprise-projects.ts';
import { principalIds } from '../../store/principals.ts';
import { moveEntity } from '../../store/project-resources.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import type { AnyCall } from '../targets.ts';
import { requireOpenProject } from './about-project.ts';
import { findMovable, type Movable, notMovable } from './movable.ts';

interface MoveRequest {
  ResourceArn: string;
  EnterpriseProjectId: string;
}

/** The permission is needed on the resource where it is and where it is to be. */
async function aboutMove(call: AnyCall, input: MoveRequest, deps: IamDeps): Promise<Resolved<Movable>> {
  const found = await findMovable(call, deps, input.ResourceArn);
  const target = found?.target ?? { resource: input.ResourceArn };
  return {
    targets: [target, { ...target, project: input.EnterpriseProjectId }],
    state: found as Movable,
    ...(!found && { absent: notMovable(call, deps, input.ResourceArn) }),
  };
}

function moveOf(input: MoveRequest, { projectId }: Movable) {
  const { ResourceArn, EnterpriseProjectId } = input;
  return { ResourceArn, FromEnterpriseProjectId: projectId, EnterpriseProjectId };
}

const TYPES = {
  group: 'AWS::IAM::Group',
  mfa: 'AWS::IAM::VirtualMFADevice',
  namespace: 'Parapet::Authz::Namespace',
  policy: 'AWS::IAM::ManagedPolicy',
  role: 'AWS::IAM::Role',
  user: 'AWS::IAM::User',
} as const;

export const moveResource = implement(MoveResource, {
  resolve: aboutMove,
  run(call, input, found, deps) {
    const { kind, id, projectId: from } = found;
    const to = input.EnterpriseProjectId;
    call.touches(input.ResourceArn, TYPES[kind], call.caller.accountId);
    return policyChange(deps, call, kind, id, async (tx) => {
      await requireOpenProject(tx, call, to);
      if (!(await moveEntity(tx, found, { from, to }))) {
        throw call.fail('Conflict', `${input.ResourceArn} was moved by another request at the same time`, {
          hint: 'look at it again, then repeat the request if it is still wanted',
        });
      }
      return moveOf(input, found);
    });
  },
});

export const previewMoveResource = implement(PreviewMoveResource, {
  resolve: aboutMove,
  async run(call, input, found, deps) {
    const { accountId } = call.caller;
    const to = input.EnterpriseProjectId;
    const problem = intakeProblem(to, await projectById(deps.store.read, accountId, to));
    if (problem) throw call.fail(problem.code, problem.message, { hint: problem.hint });
    const page = openPage(deps, call, input, [input.ResourceArn, to]);
    const ids = await principalIds(deps.store.read, accountId, page.range);
    const { rows, output } = closePage(deps, page, ids, (id) => id);
    const effect = await previewMove(deps.directory, rows, {
      questions: found.questions,
      toProject: to,
      origin: call.origin,
      now: call.now,
      region: deps.settings.region,
      organization: call.organization,
    });
    return { ...moveOf(input, found), ...effect, ...output };
  },
});
