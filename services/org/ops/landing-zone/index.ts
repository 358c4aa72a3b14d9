/** Every handler of landing zones. */
import type { BoundHandler } from '../../../../platform/runtime/call.ts';
import type { OrgDeps } from '../../deps.ts';
import { applyPlan, resumeApply } from './apply.ts';
import { describeDrift } from './describe-drift.ts';
import { exportLandingZone } from './export.ts';
import { describePlan, planLandingZone } from './plan.ts';
import { rollBackApply } from './roll-back.ts';
import { describeApply, listApplies } from './show-apply.ts';

export const landingZoneHandlers: readonly BoundHandler<OrgDeps>[] = [
  planLandingZone,
  describePlan,
  applyPlan,
  resumeApply,
  describeApply,
  listApplies,
  rollBackApply,
  describeDrift,
  exportLandingZone,
];
