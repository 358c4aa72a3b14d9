/** What every service with stored keys or row MACs tells kms about its walks: see `platform/renewal`. */
import type { z } from 'zod';
import { defineOperation } from './operation.ts';
import { annotate, integer, list, oneOf, structure, text } from './shape.ts';

/** Who has walks: root keys are destroyed only when each of them has renewed what it stored. */
export const RENEWING_SERVICES = ['kms', 'iam', 'ccms', 'pca', 'audit'] as const;
export type RenewingService = (typeof RENEWING_SERVICES)[number];

const COUNT = integer(0, Number.MAX_SAFE_INTEGER);

const RenewalState = structure({
  Step: text(1, 128),
  /** The form of keys and MACs that is walked for; absent: no walk began yet. */
  Form: text(1, 256).optional(),
  State: oneOf(['waiting', 'running', 'done']),
  /** Rows there are now. */
  Total: COUNT,
  Seen: COUNT,
  Renewed: COUNT,
  /** Rows that nobody of ours wrote. */
  Refused: COUNT,
});
export type RenewalState = z.output<typeof RenewalState>;

/** `kms` asks it of the others. */
export function renewalOperation<S extends RenewingService>(service: S) {
  return defineOperation({
    name: 'DescribeRenewal',
    service,
    doc: 'How far the walks are that bring stored keys and row MACs into the form that the HSM has now.',
    input: structure({}),
    output: structure({ Steps: annotate(list(RenewalState, 0, 100), { audit: 'length' }) }),
    authz: 'internal',
    effect: 'read',
    audit: { class: 'management' },
    examples: [{ title: 'all walks', input: {} }],
  });
}
