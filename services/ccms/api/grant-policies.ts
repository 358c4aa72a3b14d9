/** Grants as policies, answered to iam: what the owner of a secret allows principals of an account. */
import type { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, ArnText, annotate, list, structure, text } from '../../../platform/contract/shape.ts';
import { vault } from './service.ts';

const GrantPolicy = structure({
  ResourceArn: ArnText,
  /** What decisions name. */
  GrantArn: ArnText,
  GrantId: text(1, 64),
  GranteePrincipal: text(1, 2048),
  GranteeId: text(1, 256),
  Policy: text(1, 262_144),
});
export type GrantPolicy = z.output<typeof GrantPolicy>;

export const DescribeGrantPolicies = defineOperation({
  ...vault('data'),
  name: 'DescribeGrantPolicies',
  doc: 'The grants of secrets to principals of an account that were not revoked, as policies. What does not exist is left out.',
  input: structure({ AccountId, ResourceArns: list(ArnText, 1, 100) }),
  output: structure({
    Grants: annotate(list(GrantPolicy, 0, 10_000), { audit: 'length' }),
    /** Of which the truth cannot be told now: whoever decides about them denies. */
    Unknown: annotate(list(ArnText, 0, 100), { audit: 'length' }),
  }),
  authz: 'internal',
  effect: 'read',
  examples: [
    {
      title: 'of a secret',
      input: {
        AccountId: '123456789012',
        ResourceArns: ['arn:aws:secretsmanager:local-1:123456789012:secret:shop/db-a1B2c3'],
      },
    },
  ],
});
