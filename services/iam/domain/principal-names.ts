/** What a principal ARN in a policy names. */
import { parseArn } from '../../../platform/contract/arn.ts';
import { parseAssumedRoleArn, parseRoleArn, parseUserArn } from './names.ts';

/** An account (as its root user), a user, a role, or any session of a role. */
export type PrincipalName = { arn: string; accountId: string } & (
  | { type: 'account' }
  | { type: 'user' | 'role'; path: string; name: string }
  | { type: 'role-session'; name: string }
);

/** Undefined: it names nobody who could be a principal here. */
export function parsePrincipalName(arn: string, partition: string): PrincipalName | undefined {
  // The names stand in policies that users wrote: what is no ARN of ours names nobody.
  if (!/^[!-~]+$/.test(arn)) return undefined;
  if (/^\d{12}$/.test(arn)) return { arn, accountId: arn, type: 'account' };
  const parsed = parseArn(arn);
  if (!parsed || parsed.partition !== partition || parsed.region !== '') return undefined;
  const { accountId } = parsed;
  if (!/^\d{12}$/.test(accountId)) return undefined;
  const scope = { partition, accountId };
  if (parsed.service === 'iam' && parsed.resource === 'root') return { arn, accountId, type: 'account' };
  const user = parseUserArn(arn, scope);
  if (user) return { arn, accountId, type: 'user', ...user };
  const role = parseRoleArn(arn, scope);
  if (role) return { arn, accountId, type: 'role', ...role };
  const session = parseAssumedRoleArn(arn, scope);
  return session && { arn, accountId, type: 'role-session', name: session.roleName };
}
