import { describeRenewal as describe } from '../../../platform/renewal/describe.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { DescribeRenewal } from '../api/renewal.ts';
import type { PcaDeps } from '../deps.ts';
import { renewRows } from '../jobs/renew-rows.ts';

const implement = implementFor<PcaDeps>();

export const describeRenewal = implement(DescribeRenewal, {
  resolve: noResource,
  run: async (_call, _input, _state, deps) => ({ Steps: await describe(deps, renewRows.steps) }),
});
