/** The sentence clients parse when a request is denied (iam.md 3.7); its wording is a contract. */
import type { AuthorizationRequest, Decision, LayerName } from '../model.ts';

const LAYER_NOUNS: Readonly<Record<LayerName, { readonly article: string; readonly noun: string }>> = {
  rcp: { article: 'a', noun: 'resource control policy' },
  scp: { article: 'a', noun: 'service control policy' },
  endpoint: { article: 'a', noun: 'VPC endpoint policy' },
  resource: { article: 'a', noun: 'resource-based policy' },
  identity: { article: 'an', noun: 'identity-based policy' },
  boundary: { article: 'a', noun: 'permissions boundary' },
  session: { article: 'a', noun: 'session policy' },
};

/**
 * @param sameOrganization whether the caller may learn which policy denied: its ARN is named only then.
 * @returns one sentence without a full stop; for an error decision without the reason.
 */
export function accessDeniedSentence(
  decision: Decision,
  request: AuthorizationRequest,
  sameOrganization: boolean,
): string {
  const user = request.principal.kind === 'anonymous' ? 'anonymous' : request.principal.arn;
  const start = `User: ${user} is not authorized to perform: ${request.action} on resource: ${request.resource}`;
  if (!decision.layer) return start;
  const { article, noun } = LAYER_NOUNS[decision.layer];
  if (decision.reason === 'implicit-deny') return `${start} because no ${noun} allows the ${request.action} action`;
  if (decision.reason !== 'explicit-deny') return start;
  const arn = sameOrganization ? decision.matched[0]?.policyArn : undefined;
  return `${start} with an explicit deny in ${article} ${noun}${arn ? `: ${arn}` : ''}`;
}
