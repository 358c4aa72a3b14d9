/** Who a simulated request comes from, as far as an ARN tells. */
import { type Arn, parseArn } from '../../../platform/contract/arn.ts';
import type { PrincipalFacts } from '../../../policies/engine/index.ts';

/** Undefined: the ARN names nobody who can ask. */
export function callerFromArn(text: string): PrincipalFacts | undefined {
  const arn = parseArn(text);
  if (!arn || !/^\d{12}$/.test(arn.accountId) || arn.region !== '') return undefined;
  const shared = { arn: text, accountId: arn.accountId };
  if (arn.service === 'iam') {
    if (arn.resource === 'root') return { ...shared, kind: 'root' };
    return /^user\/.+$/s.test(arn.resource) ? { ...shared, kind: 'user' } : undefined;
  }
  if (arn.service !== 'sts') return undefined;
  const [type, name, session] = arn.resource.split('/');
  if (type === 'assumed-role' && name && session) {
    // The path of the role does not stand in the ARN of its sessions.
    return { ...shared, kind: 'assumed-role', roleArn: iamArn(arn, `role/${name}`) };
  }
  if (type === 'federated-user' && name) return { ...shared, kind: 'federated-user' };
  return undefined;
}

function iamArn(arn: Arn, resource: string): string {
  return `arn:${arn.partition}:iam::${arn.accountId}:${resource}`;
}

/** Last part of a user ARN. */
export function userNameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The account of `arn:aws:iam::123456789012:root` or of twelve digits. */
export function ownerAccount(text: string): string | undefined {
  if (/^\d{12}$/.test(text)) return text;
  const arn = parseArn(text);
  return arn?.service === 'iam' && arn.resource === 'root' && /^\d{12}$/.test(arn.accountId)
    ? arn.accountId
    : undefined;
}
