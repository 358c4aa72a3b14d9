/** Reads a trust policy that somebody wrote, and keeps compiled ones. */
import { LRUCache } from 'lru-cache';
import type { PolicySet } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';
import { roleArn } from '../../domain/names.ts';
import { parsePrincipalName } from '../../domain/principal-names.ts';
import { bindTrust, compileTrust, type TrustBindings, trustedPrincipals } from '../../domain/trust.ts';
import type { RoleRow } from '../../store/db.ts';
import { resolveArns } from '../../store/snapshot.ts';
import { requireDocument } from '../inline/documents.ts';
import type { AnyCall } from '../targets.ts';

/** Throws MalformedPolicyDocument for a document that does not compile or names somebody who does not exist. */
export async function checkTrust(
  call: AnyCall,
  deps: IamDeps,
  document: string,
): Promise<Pick<RoleRow, 'trust' | 'trust_principals'>> {
  requireDocument(call, deps, document, 'trust');
  const { partition } = deps.settings;
  const arns = trustedPrincipals(compileTrust(document, 'role'), partition);
  const names = arns.flatMap((arn) => parsePrincipalName(arn, partition) ?? []);
  const found = new Map((await resolveArns(deps.store.read, names)).map((p) => [p.Arn, p.PrincipalId]));
  const missing = arns.filter((arn) => !found.has(arn));
  if (missing.length > 0) {
    throw call.fail('MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${missing[0]}"`, {
      hint: `create these first or leave them out: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}`,
    });
  }
  return { trust: document, trust_principals: JSON.stringify([...found]) };
}

const compiled = new LRUCache<string, { set: PolicySet }>({
  maxSize: 16 * 1024 * 1024,
  // A compiled document is a few times its text.
  sizeCalculation: (_value, text) => text.length * 4 + 1,
});

/** The trust policy of a role as requests are decided with it. */
export function trustOf(deps: IamDeps, role: RoleRow): PolicySet {
  const arn = roleArn({ partition: deps.settings.partition, accountId: role.account_id }, role.path, role.name);
  const key = `${arn}\n${role.trust_principals}\n${role.trust}`;
  const known = compiled.get(key);
  if (known) return known.set;
  const set = bindTrust(compileTrust(role.trust, arn), JSON.parse(role.trust_principals) as TrustBindings);
  compiled.set(key, { set });
  return set;
}
