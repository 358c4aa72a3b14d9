import { describeRenewal as describe } from '../../../../platform/renewal/describe.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import { DescribeRenewal } from '../../api/internal.ts';
import { renewTenantKeys } from '../../jobs/renew-tenant-keys.ts';
import { implement } from '../implement.ts';

export const describeRenewal = implement(DescribeRenewal, {
  resolve: noResource,
  run: async (_call, _input, _state, deps) => ({ Steps: await describe(deps, renewTenantKeys.steps) }),
});
