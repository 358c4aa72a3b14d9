/** Errors of landing zones. No client of AWS knows them; their native names are their names. */
const error = <Code extends string>(code: Code, status: number, doc: string) =>
  ({ [code]: { status, doc } }) as { [Name in Code]: { status: number; doc: string } };

export const invalidLandingZone = error(
  'InvalidLandingZone',
  400,
  'The landing zone has faults; details.findings hold every one with line and column.',
);
export const planNotFound = error('PlanNotFound', 404, 'The organization has no such plan.');
export const planExpired = error('PlanExpired', 409, 'The plan is older than 24 hours; make another one.');
export const planStale = error('PlanStale', 409, 'What the plan is about was changed since; make another one.');
export const planNotApplicable = error(
  'PlanNotApplicable',
  409,
  'The plan has conflicts, is not the one that was looked at, or needs another person.',
);
export const applyNotFound = error('ApplyNotFound', 404, 'The organization has no such apply.');
export const applyInProgress = error('ApplyInProgress', 409, 'Another apply is running; one runs at a time.');
export const applyNotResumable = error('ApplyNotResumable', 409, 'The apply has not stopped at a failed step.');
