/** What of iam can be moved between enterprise projects, found by its ARN, and every question asked about it. */
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { ServiceError } from '../../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import { iamApi } from '../../api/index.ts';
import type { IamDeps } from '../../deps.ts';
import { parseGroupArn, parseNamespaceArn, parsePolicyArn, parseRoleArn, parseUserArn } from '../../domain/names.ts';
import { groupByName } from '../../store/groups.ts';
import { deviceBySerial } from '../../store/mfa-devices.ts';
import { namespaceByName } from '../../store/namespaces.ts';
import { policyByName } from '../../store/policies.ts';
import { type EntityKey, RESOURCE_KINDS, RESOURCE_TYPES, type ResourceKind } from '../../store/project-resources.ts';
import { roleByName } from '../../store/roles.ts';
import { tagRecord, tagsOf } from '../../store/tags.ts';
import { userByName } from '../../store/users.ts';
import { trustOf } from '../roles/trust-policy.ts';
import { type AnyCall, scopeOf, withTags } from '../targets.ts';
import { reachesBeyond } from './reach.ts';

export interface Movable extends EntityKey {
  projectId: string;
  target: AuthorizationTarget;
  /** One for each action there is on it. */
  questions: (AuthorizationTarget & { action: string })[];
}

/** Undefined: nothing of that ARN in the account. */
export async function findMovable(call: AnyCall, deps: IamDeps, arn: string): Promise<Movable | undefined> {
  const scope = scopeOf(call, deps);
  const db = deps.store.read;
  const user = parseUserArn(arn, scope);
  if (user) {
    const row = await userByName(db, scope.accountId, user.name);
    return row?.path === user.path ? movable(deps, arn, 'user', row.user_id, row) : undefined;
  }
  const group = parseGroupArn(arn, scope);
  if (group) {
    const row = await groupByName(db, scope.accountId, group.name);
    return row?.path === group.path ? movable(deps, arn, 'group', row.group_id, row) : undefined;
  }
  const policy = parsePolicyArn(arn, scope);
  if (policy) {
    const row = await policyByName(db, scope.accountId, policy.path, policy.name);
    return row && movable(deps, arn, 'policy', row.policy_id, row);
  }
  const device = arn.includes(':mfa/') ? await deviceBySerial(db, scope.accountId, arn) : undefined;
  if (device) return movable(deps, arn, 'mfa', device.serial, device);
  const name = parseNamespaceArn(arn, { ...scope, region: deps.settings.region });
  if (name !== undefined) {
    const row = await namespaceByName(db, scope.accountId, name);
    return row && movable(deps, arn, 'namespace', row.name, row);
  }
  const role = parseRoleArn(arn, scope);
  const row = role && (await roleByName(db, scope.accountId, role.name));
  if (!row || row.path !== role?.path) return undefined;
  const found = await movable(deps, arn, 'role', row.role_id, row);
  // A role is entered by its trust policy; everything else about it is decided by identity policies alone.
  const trust = { policy: trustOf(deps, row), trust: 'explicit' } as const;
  const questions = found.questions.map((q) => (q.action.startsWith('sts:') ? { ...q, ...trust } : q));
  return { ...found, questions };
}

async function movable(
  deps: IamDeps,
  arn: string,
  kind: ResourceKind,
  id: string,
  row: { account_id: string; enterprise_project_id: string },
): Promise<Movable> {
  const hasTags = kind !== 'group' && kind !== 'namespace';
  const tags = !hasTags ? undefined : tagRecord(await tagsOf(deps.store.read, id));
  const projectId = row.enterprise_project_id;
  const target = { resource: arn, project: projectId, ...withTags(tags, 'iam:ResourceTag/', undefined) };
  return {
    kind,
    id,
    accountId: row.account_id,
    projectId,
    target,
    questions: QUESTIONS[kind].map((question) => ({ ...target, ...question })),
  };
}

/** The error for an ARN under which nothing was found that can be moved. */
export function notMovable(call: AnyCall, deps: IamDeps, arn: string): ServiceError {
  if (deps.shipped.get(arn)) {
    return call.fail('UnmodifiableEntity', `policy ${arn} is shipped with the product and is in no project`, {
      hint: 'copy its document into a policy of your own',
    });
  }
  const parsed = parseArn(arn);
  const kind = RESOURCE_KINDS.find((candidate) => parsed?.resource.startsWith(`${candidate}/`));
  if (kind && RESOURCE_TYPES[kind] === `${parsed?.service}:${kind}`)
    return call.fail('NotFound', `${arn} does not exist`);
  return call.fail('InvalidInput', `${arn} is nothing that iam can move`, {
    hint: 'users, groups, roles, policies, MFA devices and namespaces are moved here, keys, secrets and authorities by kms, ccms and pca',
  });
}

const MOVES = ['iam:MoveResource', 'iam:PreviewMoveResource'];

/** Every action there is on a kind, and whether it reaches beyond the project. */
function questionsOn(kind: ResourceKind): { action: string; beyondProject?: true }[] {
  const questions = new Map(MOVES.map((action) => [action, { action }]));
  for (const { authz } of Object.values(iamApi) as AnyOperation[]) {
    if (typeof authz !== 'object' || authz.resource !== RESOURCE_TYPES[kind]) continue;
    for (const action of [authz.action, ...(authz.alsoChecks ?? [])])
      questions.set(action, { action, ...((authz.beyondProject || reachesBeyond(action)) && { beyondProject: true }) });
  }
  return [...questions.values()];
}

const QUESTIONS = {
  group: questionsOn('group'),
  mfa: questionsOn('mfa'),
  namespace: questionsOn('namespace'),
  policy: questionsOn('policy'),
  role: questionsOn('role'),
  user: questionsOn('user'),
} as const;
