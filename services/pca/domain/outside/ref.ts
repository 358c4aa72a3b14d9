/** ARNs of outside CAs. */
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { Place } from '../authority-ref.ts';

const KIND = 'outside-authority/';
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function outsideAuthorityArn({ partition, region, accountId }: Place, id: string): string {
  return `arn:${partition}:acm-pca:${region}:${accountId}:${KIND}${id}`;
}

/** What the key of an order is kept under until it is that of a certificate. */
export function outsideOrderArn(place: Place, outsideAuthorityId: string, orderId: string): string {
  return `${outsideAuthorityArn(place, outsideAuthorityId)}/order/${orderId}`;
}

/** Undefined: it is no ARN of an outside CA in this partition and region. */
export function parseOutsideArn(
  text: string,
  { partition, region }: Pick<Place, 'partition' | 'region'>,
): { accountId: string; outsideAuthorityId: string } | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'acm-pca' || arn.partition !== partition || arn.region !== region) return undefined;
  const id = arn.resource.startsWith(KIND) ? arn.resource.slice(KIND.length) : '';
  return /^\d{12}$/.test(arn.accountId) && ID.test(id)
    ? { accountId: arn.accountId, outsideAuthorityId: id }
    : undefined;
}
