import { describe, expect, it } from 'vitest';
import type { RenewalState } from '../../../platform/contract/renewal.ts';
import {
  nextVersion,
  type RootFacts,
  type RootVersionRow,
  rotationState,
  versionStates,
  whyNotRetire,
  whyNotStart,
} from './root-rotation.ts';

const FORM = 'key.root.v2';

const token = (rootVersions: number[], ready = true) => ({ ready, rootVersion: rootVersions.at(-1)!, rootVersions });
const step = (change: Partial<RenewalState> = {}): RenewalState => ({
  Step: 'tenant keys',
  Form: FORM,
  State: 'done',
  Total: 3,
  Seen: 3,
  Renewed: 3,
  Refused: 0,
  ...change,
});
const row = (version: number, state: RootVersionRow['state']) => ({
  version,
  state,
  account_id: '111122223333',
  changed_at: 0,
});

/** Two versions, everything renewed. */
const facts = (change: Partial<RootFacts> = {}): RootFacts => ({
  tokens: [token([1, 2])],
  form: FORM,
  rows: [row(2, 'added')],
  steps: [step()],
  ...change,
});

const never = facts({ tokens: [token([1])], form: undefined, rows: [], steps: [step({ State: 'running' })] });

describe('a rotation', () => {
  it.each<[string, RootFacts, string | undefined]>([
    ['of roots that were never rotated', never, undefined],
    ['again, when all is renewed', facts(), undefined],
    ['while a token is away', facts({ tokens: [token([1, 2]), token([1, 2], false)] }), undefined],
    ['while a version is added', facts({ rows: [row(3, 'adding')] }), 'root version 3 is being added'],
    ['while a version is retired', facts({ rows: [row(1, 'retiring')] }), 'root version 1 is being retired'],
    ['while a walk runs', facts({ steps: [step(), step({ State: 'running' })] }), 'renewal is not done: tenant keys'],
    ['while a walk waits', facts({ steps: [step({ Form: 'key.root.v1' })] }), 'renewal is not done: tenant keys'],
  ])('%s', (_when, given, reason) => {
    expect(whyNotStart(given)).toBe(reason);
  });

  it.each<[RootFacts, number]>([
    [never, 2],
    [facts(), 3],
    [facts({ tokens: [token([1]), token([1, 4])] }), 5],
    [facts({ rows: [row(7, 'retired')] }), 8],
  ])('makes a version that no token ever had', (given, version) => {
    expect(nextVersion(given)).toBe(version);
  });
});

describe('a version is retired', () => {
  it.each<[string, RootFacts, number, string | undefined]>([
    ['when nothing uses it', facts(), 1, undefined],
    ['not while it is in force', facts(), 2, 'root version 2 is in force'],
    [
      'not while it is in force in one token',
      facts({ tokens: [token([1, 2]), token([1])] }),
      1,
      'root version 1 is in force',
    ],
    ['not when there is none', facts(), 3, 'root version 3 does not exist'],
    ['not twice', facts({ tokens: [token([2])], rows: [row(1, 'retired')] }), 1, 'root version 1 is retired already'],
    ['not while a token is away', facts({ tokens: [token([1, 2], false)] }), 1, 'a token of the HSM is away'],
    ['not while a walk runs', facts({ steps: [step({ State: 'running' })] }), 1, 'renewal is not done: tenant keys'],
    ['not before a walk began', facts({ steps: [step({ State: 'waiting' })] }), 1, 'renewal is not done: tenant keys'],
    [
      'not after a walk for other roots',
      facts({ steps: [step({ Form: 'x' })] }),
      1,
      'renewal is not done: tenant keys',
    ],
    [
      'not while a row does not verify',
      facts({ steps: [step({ Refused: 1 })] }),
      1,
      'rows that do not verify may need it: tenant keys',
    ],
    ['not while another one is worked on', facts({ rows: [row(3, 'adding')] }), 1, 'root version 3 is being added'],
    ['not without a form', facts({ form: undefined }), 1, 'the form of stored keys is not known'],
  ])('%s', (_when, given, version, reason) => {
    expect(whyNotRetire(given, version)).toBe(reason);
  });
});

describe('what is shown', () => {
  it.each<[string, RootFacts, string, string[]]>([
    ['never rotated', never, 'Idle', ['InForce']],
    ['renewed', facts(), 'Idle', ['Unused', 'InForce']],
    ['being added', facts({ tokens: [token([1])], rows: [row(2, 'adding')] }), 'Adding', ['InForce', 'Adding']],
    ['being renewed', facts({ steps: [step({ State: 'running' })] }), 'Renewing', ['InUse', 'InForce']],
    ['being retired', facts({ rows: [row(1, 'retiring')] }), 'Retiring', ['Retiring', 'InForce']],
    ['retired', facts({ tokens: [token([2])], rows: [row(1, 'retired')] }), 'Idle', ['Retired', 'InForce']],
    ['two versions in force', facts({ tokens: [token([1, 2]), token([1])] }), 'Idle', ['InForce', 'InForce']],
  ])('%s', (_when, given, state, versions) => {
    expect(rotationState(given)).toBe(state);
    expect(versionStates(given).map(({ State }) => State)).toEqual(versions);
  });
});
