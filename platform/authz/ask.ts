/** Asking the policies about a target beside the one a request is decided by. */
import type { AnyOperation } from '../contract/operation.ts';
import type { AuthorizationTarget, Call } from '../runtime/call.ts';
import type { ServiceSettings } from '../runtime/service.ts';
import { authorize, policiesAllow } from './authorize.ts';
import { globalContext } from './context.ts';
import type { PrincipalDirectory } from './directory.ts';

/** Whether the policies allow a request of this caller for this target now. */
export async function policiesLetIn(
  call: Call<AnyOperation>,
  deps: { directory: PrincipalDirectory; settings: ServiceSettings },
  target: AuthorizationTarget,
): Promise<boolean> {
  const principal = await deps.directory.of(call.caller);
  const { organization } = call;
  const context = globalContext(call.caller, principal, call.origin, call.now, deps.settings.region, organization);
  const declared = typeof call.operation.authz === 'object' ? call.operation.authz.action : '';
  return policiesAllow(authorize(call.caller, principal, target.action ?? declared, [target], context, organization));
}
