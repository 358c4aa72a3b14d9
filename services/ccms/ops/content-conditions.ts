/** What a request says the secret shall be like, as condition keys. */
import { keyReference, type Place } from '../domain/secret-ref.ts';
import type { Condition } from './secret-access.ts';

export function contentConditions(
  input: { Description?: string | undefined; KmsKeyId?: string | undefined },
  place: Place,
): Condition[] {
  const conditions: Condition[] = [];
  if (input.Description !== undefined) conditions.push(['secretsmanager:Description', input.Description]);
  if (input.KmsKeyId === undefined || input.KmsKeyId === '') return conditions;
  conditions.push(['secretsmanager:KmsKeyId', input.KmsKeyId]);
  // As named: which key an alias means is told by kms to whoever may use it.
  conditions.push(['secretsmanager:KmsKeyArn', keyReference(input.KmsKeyId, place)]);
  return conditions;
}
