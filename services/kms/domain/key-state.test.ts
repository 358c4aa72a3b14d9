import { describe, expect, it } from 'vitest';
import { KEY_STATES, type KeyState } from '../api/shapes.ts';
import { KEY_OPERATIONS, STATE_AFTER, stateProblem } from './key-state.ts';

// Spec kms 3.5, as it is printed there: D1 disabled, PD pending deletion, PI pending import, UN unavailable,
// CR creating, UP updating, NPD not pending deletion, UO unsupported.
const SPECIFICATION = `
operation                        Enabled Disabled PendingDeletion PendingImport Unavailable Creating Updating
Encrypt                          ok      D1       PD              PI            UN          CR       ok
Decrypt                          ok      D1       PD              PI            UN          CR       ok
ReEncrypt                        ok      D1       PD              PI            UN          CR       ok
GenerateDataKey                  ok      D1       PD              PI            UN          CR       ok
GenerateDataKeyWithoutPlaintext  ok      D1       PD              PI            UN          CR       ok
CreateGrant                      ok      D1       PD              PI            ok          CR       ok
ListGrants                       ok      ok       ok              ok            ok          ok       ok
RevokeGrant                      ok      ok       ok              ok            ok          ok       ok
RetireGrant                      ok      ok       ok              ok            ok          ok       ok
DescribeKey                      ok      ok       ok              ok            ok          ok       ok
GetKeyPolicy                     ok      ok       ok              ok            ok          ok       ok
PutKeyPolicy                     ok      ok       ok              ok            ok          ok       ok
ListAliases                      ok      ok       ok              ok            ok          ok       ok
ListKeyPolicies                  ok      ok       ok              ok            ok          ok       ok
ListResourceTags                 ok      ok       ok              ok            ok          ok       ok
DeleteAlias                      ok      ok       ok              ok            ok          ok       ok
CreateAlias                      ok      ok       PD              ok            ok          ok       ok
UpdateAlias                      ok      ok       PD              ok            ok          ok       ok
TagResource                      ok      ok       PD              ok            ok          ok       ok
UntagResource                    ok      ok       PD              ok            ok          ok       ok
UpdateKeyDescription             ok      ok       PD              ok            ok          ok       ok
EnableKey                        ok      ok       PD              PI            ok          CR       UP
DisableKey                       ok      ok       PD              PI            ok          CR       UP
ScheduleKeyDeletion              ok      ok       PD              ok            ok          ok       UP
EnableKeyRotation                ok      D1       PD              UO            UO          CR       ok
DisableKeyRotation               ok      D1       PD              UO            UO          CR       ok
GetKeyRotationStatus             ok      ok       ok              UO            UO          ok       ok
RotateKeyOnDemand                ok      D1       PD              PI            UO          CR       UP
CancelKeyDeletion                NPD     NPD      ok              NPD           NPD         NPD      NPD
`;
/** What AWS does not have, or does not say. */
const OURS = `
ListKeyRotations                 ok      ok       ok              ok            ok          ok       ok
MoveResource                     ok      ok       PD              ok            ok          ok       ok
`;

const MEANING: Record<string, { code: string; end: string } | undefined> = {
  ok: undefined,
  D1: { code: 'Disabled', end: 'disabled' },
  PD: { code: 'InvalidState', end: 'pending deletion' },
  PI: { code: 'InvalidState', end: 'pending import' },
  UN: { code: 'InvalidState', end: 'unavailable' },
  CR: { code: 'InvalidState', end: 'creating' },
  UP: { code: 'InvalidState', end: 'updating' },
  NPD: { code: 'InvalidState', end: 'not pending deletion' },
  UO: { code: 'UnsupportedOperation', end: '' },
};

const [head, ...lines] = (SPECIFICATION.trimEnd() + OURS).trim().split('\n');
const columns = head!.split(/\s+/).slice(1);
const specified = new Map(lines.map((line) => [line.split(/\s+/)[0]!, line.split(/\s+/).slice(1)]));

describe.each(KEY_OPERATIONS)('%s', (operation) => {
  it.each(KEY_STATES)('answers what the specification says of a key in state %s', (state: KeyState) => {
    // The specification treats both kinds of waiting for deletion alike.
    const column = columns.indexOf(state === 'PendingReplicaDeletion' ? 'PendingDeletion' : state);
    const expected = MEANING[specified.get(operation)![column]!];
    expect(stateProblem(operation, state, 'ARN')).toEqual(
      expected && { code: expected.code, message: expected.end === '' ? '' : `ARN is ${expected.end}.` },
    );
  });
});

describe('the state table', () => {
  it('holds exactly the operations of the specification', () => {
    expect([...KEY_OPERATIONS].sort()).toEqual([...specified.keys()].sort());
  });

  it('never enables a key by taking its deletion back', () => {
    expect(STATE_AFTER.CancelKeyDeletion).toBe('Disabled');
  });
});
