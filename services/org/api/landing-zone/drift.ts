/** Where the organization differs from its landing zone, and the landing zone as it would have to be. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { integer, list, oneOf, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { invalidInput, notInUse } from '../errors.ts';
import { pageInput, pageOutput, pagination, shared } from '../shapes.ts';
import { Drift } from './shapes.ts';

export const DescribeDrift = defineOperation({
  ...shared,
  name: 'DescribeDrift',
  doc: 'Compares the organization with what was last applied: every difference with who made it and when. Known with the commit of the change.',
  input: structure({ ...pageInput }),
  output: structure({
    Revision: integer(0, Number.MAX_SAFE_INTEGER),
    /** Absent: nothing was applied yet, so nothing can differ. */
    AppliedAt: timestamp().optional(),
    DriftCount: integer(0, 1_000_000),
    Drift: list(Drift, 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:DescribeDrift', resource: '*' },
  effect: 'read',
  pagination: { ...pagination, defaultLimit: 100 },
  examples: [{ title: 'everything', input: {} }],
});

export const ExportLandingZone = defineOperation({
  ...shared,
  name: 'ExportLandingZone',
  doc: 'The organization as it is, as a landing zone: what was applied, with every difference taken in. Without a landing zone, one that describes what is there.',
  input: structure({ Format: oneOf(['yaml', 'json']).optional() }),
  output: structure({
    Document: text(1, 10_000_000, { audit: 'length' }),
    Notes: list(text(1, 1000), 0, 1000),
  }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ExportLandingZone', resource: '*' },
  effect: 'read',
  examples: [{ title: 'as YAML', input: {} }],
});
