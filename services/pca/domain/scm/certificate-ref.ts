/** ARNs of certificates from elsewhere: they stand below no authority. */
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { Place } from '../authority-ref.ts';

const KIND = 'certificate/';
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function keptArn({ accountId, partition, region }: Place, certificateId: string): string {
  return `arn:${partition}:acm-pca:${region}:${accountId}:${KIND}${certificateId}`;
}

export interface KeptReference {
  arn: string;
  accountId: string;
  certificateId: string;
}

/** Undefined: it is no ARN of a certificate from elsewhere in this partition and region. */
export function parseKeptArn(
  text: string,
  { partition, region }: Pick<Place, 'partition' | 'region'>,
): KeptReference | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'acm-pca' || arn.partition !== partition || arn.region !== region) return undefined;
  const id = arn.resource.startsWith(KIND) ? arn.resource.slice(KIND.length) : '';
  if (!/^\d{12}$/.test(arn.accountId) || !ID.test(id)) return undefined;
  return { arn: text, accountId: arn.accountId, certificateId: id };
}
