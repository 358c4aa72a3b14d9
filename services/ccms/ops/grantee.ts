/** Whom something of a secret can be given to: accounts, users and roles, at home and in the same organization. */
import { granteeArn } from '../../../platform/authz/grantees.ts';
import { principalIds } from '../../../platform/authz/named-principals.ts';
import { parseArn } from '../../../platform/contract/arn.ts';
import type { CcmsDeps } from '../deps.ts';
import type { AnyCall } from './secret-access.ts';

/** The principal as grants name it. */
export function readGrantee(call: AnyCall, deps: CcmsDeps, text: string): string {
  const arn = granteeArn(text, deps.settings.partition);
  if (arn !== undefined && !arn.includes(':sts:')) return arn;
  throw noSuchGrantee(call, text);
}

function noSuchGrantee(call: AnyCall, text: string) {
  return call.fail('InvalidParameter', `${text} is no principal that a secret can be granted to`, {
    hint: 'name an account, a user or a role that exists, of the own account or of one in the same organization',
  });
}

/** SECURITY: whether a principal exists is looked at only where the caller's organization is. */
export async function requireGrantee(call: AnyCall, deps: CcmsDeps, text: string) {
  const grantee = readGrantee(call, deps, text);
  const accountId = parseArn(grantee)?.accountId ?? '';
  const { organization } = call;
  const own = call.caller.accountId;
  const isNear = accountId === own || (organization.isMember(own) && organization.isMember(accountId));
  const id = isNear ? (await principalIds(deps.clients.iam, [grantee])).get(grantee) : undefined;
  if (id === undefined) throw noSuchGrantee(call, text);
  return { grantee, id, accountId };
}
