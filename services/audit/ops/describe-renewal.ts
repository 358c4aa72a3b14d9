import { describeRenewal as describe } from '../../../platform/renewal/describe.ts';
import { noResource } from '../../../platform/runtime/call.ts';
import { DescribeRenewal } from '../api/renewal.ts';
import { implement } from '../deps.ts';
import { renewRows } from '../jobs/renew-rows.ts';

export const describeRenewal = implement(DescribeRenewal, {
  resolve: noResource,
  run: async (_call, _input, _state, deps) => ({ Steps: await describe(deps, renewRows.steps) }),
});
