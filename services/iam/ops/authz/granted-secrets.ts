/**
 * What owners of secrets granted to principals of one account, as the vault knows it: the answer to a question about a
 * secret must be what the request itself would get. Asked for secrets of every account, since grants reach across.
 */
import { grantingSet } from '../../../../platform/authz/grantees.ts';
import { parseArn } from '../../../../platform/contract/arn.ts';
import { AWS_NAMES } from '../../../../platform/contract/service-names.ts';
import { joinPolicySets, type PolicySet } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';

/** By ARN. `unknown`: the vault could not tell, so whoever decides denies. */
export type GrantedSecrets = ReadonlyMap<string, PolicySet | 'unknown'>;

/** Of one question to the vault. */
const MOST_ASKED = 100;

export async function grantedSecrets(
  accountId: string,
  deps: IamDeps,
  resources: readonly string[],
): Promise<GrantedSecrets> {
  const granted = new Map<string, PolicySet | 'unknown'>();
  const secrets = [...new Set(resources)].filter((resource) => parseArn(resource)?.service === AWS_NAMES.ccms);
  for (let at = 0; at < secrets.length; at += MOST_ASKED) {
    const ResourceArns = secrets.slice(at, at + MOST_ASKED);
    try {
      const { Grants, Unknown } = await deps.clients.ccms.DescribeGrantPolicies({ AccountId: accountId, ResourceArns });
      for (const { ResourceArn, GrantArn, GrantId, GranteePrincipal, GranteeId, Policy } of Grants) {
        const set = grantingSet(Policy, { arn: GrantArn, id: GrantId }, [[GranteePrincipal, GranteeId]]);
        const others = granted.get(ResourceArn);
        granted.set(ResourceArn, typeof others === 'object' ? joinPolicySets([others, set]) : set);
      }
      for (const arn of Unknown) granted.set(arn, 'unknown');
    } catch (error) {
      deps.log.warn({ err: String(error) }, 'grants of secrets could not be asked for');
      for (const arn of ResourceArns) granted.set(arn, 'unknown');
    }
  }
  return granted;
}
