/** ARNs of registered functions: those of Lambda, so that what was written for AWS names them as it is. */
import type { Place } from '../secret-ref.ts';

export function functionArn(place: Place, name: string): string {
  return `arn:${place.partition}:lambda:${place.region}:${place.accountId}:function:${name}`;
}

/** The name in the ARN of a function of this place; undefined: it is the ARN of something else. */
export function functionNameOf(arn: string, place: Place): string | undefined {
  const name = arn.split(':').slice(6).join(':');
  return name !== '' && arn === functionArn(place, name) ? name : undefined;
}
