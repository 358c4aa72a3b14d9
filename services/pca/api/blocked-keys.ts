/** Public keys for which an account issues no certificates: known to be weak, or to be in other hands. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, list, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { errors } from './errors.ts';
import { pca } from './service.ts';
import { MaxResults, NextToken } from './shapes.ts';

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. */
const KeyHash = text(64, 64, { pattern: /^[0-9a-f]{64}$/ });
const Reason = text(1, 256, { pattern: /^[^\0\p{Control}\p{Surrogate}]*$/u });
const KEY = { KeyHash: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' };

const onList = <Name extends string>(name: Name) => ({ action: `acm-pca:${name}`, resource: '*' });

const BlockedKey = annotate(structure({ KeyHash, Reason, BlockedAt: timestamp() }), { title: 'BlockedKey' });

export const BlockKey = defineOperation({
  ...pca(),
  name: 'BlockKey',
  doc: 'Certificates of the account are not issued for this public key any more. Those there are stay as they are.',
  input: structure({ KeyHash, Reason }),
  output: structure({ BlockedKey }),
  errors: errors('LimitExceeded'),
  authz: onList('BlockKey'),
  effect: 'write',
  examples: [{ title: 'a key that leaked', input: { ...KEY, Reason: 'found in a public repository' } }],
});

export const UnblockKey = defineOperation({
  ...pca(),
  name: 'UnblockKey',
  doc: 'Takes a block of a public key back.',
  input: structure({ KeyHash }),
  errors: errors('NotFound'),
  authz: onList('UnblockKey'),
  effect: 'write',
  examples: [{ title: 'by hash', input: KEY }],
});

export const ListBlockedKeys = defineOperation({
  ...pca(),
  name: 'ListBlockedKeys',
  doc: 'The public keys that the account has blocked.',
  input: structure({ MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ BlockedKeys: list(BlockedKey, 0, 1000), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: onList('ListBlockedKeys'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: {} }],
});
