/** Every layer that binds a question about somebody: the only place where layers of decisions for others are gathered. */
import { layersOf } from '../../../../platform/authz/authorize.ts';
import type { Principal } from '../../../../platform/authz/principal.ts';
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import type { Layers } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';

export function subjectLayers(
  deps: Pick<IamDeps, 'guardrails'>,
  subject: Principal,
  target: AuthorizationTarget & { accountId: string },
): Layers {
  const scp = deps.guardrails.scp(subject.snapshot.AccountId);
  const rcp = deps.guardrails.rcp(target.accountId);
  return { ...layersOf(subject, target), ...(scp && { scp }), ...(rcp && { rcp }) };
}
