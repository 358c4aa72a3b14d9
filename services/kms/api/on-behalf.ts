/** Keys in the hands of our own services: which of them may use a key for a caller, and the default keys they have. */
import { defineOperation, type ServiceName } from '../../../platform/contract/operation.ts';
import { AccountId, ArnText, structure } from '../../../platform/contract/shape.ts';
import { managementErrors } from './errors.ts';

/** Services that protect what they keep with keys of their callers. */
export const KEY_USERS = ['ccms', 'pca'] as const satisfies readonly ServiceName[];
export type KeyUser = (typeof KEY_USERS)[number];

export const ObtainDefaultKey = defineOperation({
  name: 'ObtainDefaultKey',
  service: 'kms',
  doc: 'The default key of an account for the service that asks, made on first use. Used on behalf of callers only.',
  input: structure({ AccountId }),
  output: structure({ KeyId: ArnText }),
  errors: managementErrors(),
  authz: 'internal',
  effect: 'use',
  audit: { class: 'management' },
  examples: [{ title: 'of an account', input: { AccountId: '123456789012' } }],
});
