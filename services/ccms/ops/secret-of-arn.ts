/** Secrets by their whole ARN, for answers to our own services, which go on without a row that does not verify. */
import { parseArn } from '../../../platform/contract/arn.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import type { CcmsDeps } from '../deps.ts';
import { parseSecretId } from '../domain/secret-ref.ts';
import type { SecretRecord } from '../store/secret-record.ts';

/** Its name and account when there is none of that ARN any more. Undefined: the text is the ARN of no secret. */
export async function secretOfArn(
  { secrets, settings }: CcmsDeps,
  text: string,
): Promise<SecretRecord | { name: string; accountId: string } | 'damaged' | undefined> {
  const { partition, region } = settings;
  const accountId = parseArn(text)?.accountId ?? '';
  const reference = text.startsWith('arn:') ? parseSecretId(text, { accountId, partition, region }) : undefined;
  const [exact] = reference?.names ?? [];
  // Only whole ARNs name a resource.
  if (!reference || exact?.suffix === undefined) return undefined;
  const record = await orDamaged(() => secrets.byName(reference.accountId, exact.name));
  if (record === 'damaged') return record;
  return record?.row.suffix === exact.suffix ? record : { name: exact.name, accountId };
}
