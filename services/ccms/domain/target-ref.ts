/** Names and ARNs of targets: databases of others, where secrets are rotated and users are made. */
import { parseArn } from '../../../platform/contract/arn.ts';
import type { Place } from './secret-ref.ts';

export function targetArn(place: Place, name: string): string {
  return `arn:${place.partition}:secretsmanager:${place.region}:${place.accountId}:target:${name}`;
}

/** The name in the ARN of a target of this place. Undefined: it is the ARN of something else. */
export function targetNameOf(arn: string, place: Place): string | undefined {
  const parsed = parseArn(arn);
  const name = parsed?.resource.startsWith('target:') ? parsed.resource.slice('target:'.length) : undefined;
  return name !== undefined && arn === targetArn(place, name) ? name : undefined;
}
