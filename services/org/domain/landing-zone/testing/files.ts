/** Landing zones for tests, from their text. */
import { readShippedGuardrails } from '../../../../../policies/guardrails/files.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import { type Desired, desiredOf } from '../desired.ts';
import { type ReadResult, readLandingZone } from '../file/landing-zone.ts';
import type { AppliedRecord, LiveOrganization } from '../live.ts';
import { makePlan, type Plan, type PlanOptions } from '../plan.ts';

export const library = readShippedGuardrails();
export const TODAY = '2026-11-22';

export function read(text: string, files: Record<string, string> = {}): ReadResult {
  return readLandingZone({
    main: 'landing-zone.yaml',
    files: new Map([['landing-zone.yaml', text], ...Object.entries(files)]),
    library,
    limits: DEFAULT_LIMITS,
  });
}

export function desired(text: string): Desired {
  const { landingZone, ceilings, findings } = read(text);
  if (!landingZone) throw new Error(findings.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return desiredOf(landingZone, ceilings, TODAY);
}

export function plan(
  text: string,
  world: { live: LiveOrganization; records: AppliedRecord[] },
  options: Partial<PlanOptions> = {},
): Plan {
  return makePlan(desired(text), world.live, world.records, {
    prefer: undefined,
    allowProtected: false,
    limits: DEFAULT_LIMITS,
    actions: ['kms:ScheduleKeyDeletion', 'kms:Encrypt', 'iam:CreateUser', 'organizations:LeaveOrganization'],
    ...options,
  });
}

export const HEAD = 'apiVersion: parapet/v1\nkind: LandingZone\nmetadata: {name: acme}\n';
