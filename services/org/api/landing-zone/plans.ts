/** Plans: what a landing zone would change, and in which order. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { flag, list, oneOf, structure } from '../../../../platform/contract/shape.ts';
import { invalidInput, notInUse } from '../errors.ts';
import { pageInput, pageOutput, pagination, shared } from '../shapes.ts';
import { invalidLandingZone, planNotFound } from './errors.ts';
import { Document, EXAMPLE_ID, Plan, PlanId, Step } from './shapes.ts';

export const EXAMPLE_DOCUMENT =
  '{"apiVersion":"parapet/v1","kind":"LandingZone","metadata":{"name":"acme"},"organizationalUnits":[{"key":"security","name":"Security"}]}';

export const PlanLandingZone = defineOperation({
  ...shared,
  name: 'PlanLandingZone',
  doc: 'Compares a landing zone with the organization and with what was last applied, and makes a plan. Changes nothing. A plan can be applied for 24 hours, as long as nobody changes what it is about.',
  input: structure({
    Document,
    /** Settles conflicts and drift: for the file, or for what is there. */
    Prefer: oneOf(['file', 'live']).optional(),
    /** Lets the plan delete, move, stop and loosen what the settings protect. */
    AllowProtected: flag().optional(),
  }),
  output: structure({ Plan }),
  errors: { ...notInUse, ...invalidLandingZone, ...invalidInput },
  authz: { action: 'organizations:PlanLandingZone', resource: '*' },
  effect: 'write',
  examples: [{ title: 'one unit', input: { Document: EXAMPLE_DOCUMENT } }],
});

export const DescribePlan = defineOperation({
  ...shared,
  name: 'DescribePlan',
  doc: 'Describes a plan with its steps, in the order in which they are done; what is not supported comes last.',
  input: structure({ PlanId, ...pageInput }),
  output: structure({ Plan, Steps: list(Step, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...planNotFound, ...invalidInput },
  authz: { action: 'organizations:DescribePlan', resource: '*' },
  effect: 'read',
  pagination: { ...pagination, defaultLimit: 100 },
  examples: [{ title: 'by id', input: { PlanId: EXAMPLE_ID.plan } }],
});
