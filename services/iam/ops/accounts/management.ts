import type { Resolved } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import { managementAccount } from '../../store/accounts.ts';

/**
 * The accounts are a resource of the management account: a caller of another account is denied by the cross-account
 * rule (no resource policy allows it), whatever its own policies say, its root user included.
 */
export async function ofManagement(deps: IamDeps): Promise<Resolved<string>> {
  const management = await managementAccount(deps.store.read);
  const accountId = management?.account_id ?? 'none';
  return { targets: [{ resource: '*', accountId }], state: accountId };
}
