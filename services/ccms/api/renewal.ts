import { defineOperation } from '../../../platform/contract/operation.ts';
import { RenewalOutput } from '../../../platform/contract/renewal.ts';
import { structure } from '../../../platform/contract/shape.ts';
import { vault } from './service.ts';

export const DescribeRenewal = defineOperation({
  ...vault('management'),
  name: 'DescribeRenewal',
  doc: 'How far the walks are that bring stored keys and row MACs into the form that the HSM has now.',
  input: structure({}),
  output: structure(RenewalOutput),
  authz: 'internal',
  effect: 'read',
  examples: [{ title: 'all walks', input: {} }],
});
