/** ARNs of certificate authorities and of the certificates they issue. */
import { parseArn } from '../../../platform/contract/arn.ts';

export interface Place {
  accountId: string;
  partition: string;
  region: string;
}

const KIND = 'certificate-authority/';
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SERIAL = /^[0-9a-f]{2,40}$/;

export function authorityArn(place: Place, authorityId: string): string {
  return `arn:${place.partition}:acm-pca:${place.region}:${place.accountId}:${KIND}${authorityId}`;
}

export function certificateArn(authority: string, serial: string): string {
  return `${authority}/certificate/${serial}`;
}

export interface AuthorityReference {
  arn: string;
  accountId: string;
  /** Of something that is called in another way than ours: no authority has it. */
  authorityId: string;
}

/** Undefined: it is no ARN of an authority in this partition and region. */
export function parseAuthorityArn(
  text: string,
  { partition, region }: Pick<Place, 'partition' | 'region'>,
): AuthorityReference | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'acm-pca' || arn.partition !== partition || arn.region !== region) return undefined;
  const id = arn.resource.startsWith(KIND) ? arn.resource.slice(KIND.length) : '';
  if (!/^\d{12}$/.test(arn.accountId) || !ID.test(id)) return undefined;
  return { arn: text, accountId: arn.accountId, authorityId: id };
}

/** The serial number in the ARN of a certificate of that authority. */
export function serialOfArn(text: string, authority: string): string | undefined {
  const start = certificateArn(authority, '');
  const serial = text.startsWith(start) ? text.slice(start.length) : '';
  return SERIAL.test(serial) ? serial : undefined;
}
