/** Operations of landing zones: plans, applies, drift, export. */
import * as applies from './landing-zone/applies.ts';
import * as drift from './landing-zone/drift.ts';
import { DescribePlan, PlanLandingZone } from './landing-zone/plans.ts';

export const landingZoneOperations = { PlanLandingZone, DescribePlan, ...applies, ...drift };
