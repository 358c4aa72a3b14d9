/**
 * Spec kms 3.5 as a table of cases: what every operation answers for a key in every state. D1 disabled, PD pending
 * deletion, PI pending import, UN unavailable, CR creating, UP updating, NPD not pending deletion, UO unsupported.
 * Rows of operations that do not exist yet wait here; they are tested from the day the operation is declared.
 *
 * Where the specification makes an answer depend on the key, it is the answer for the keys of the test: symmetric keys
 * of our own, except imported ones in PendingImport and ones of an external key store in Unavailable. Asymmetric and MAC
 * keys of external stores do not exist; such a row would be refused.
 */
import type { KeyState } from '../api/shapes.ts';

const SPECIFICATION = `
operation                            Enabled Disabled PendingDeletion PendingImport Unavailable Creating Updating
Encrypt                              ok      D1       PD              PI            UN          CR       ok
Decrypt                              ok      D1       PD              PI            UN          CR       ok
ReEncrypt                            ok      D1       PD              PI            UN          CR       ok
GenerateDataKey                      ok      D1       PD              PI            UN          CR       ok
GenerateDataKeyWithoutPlaintext      ok      D1       PD              PI            UN          CR       ok
GenerateDataKeyPair                  ok      D1       PD              PI            UN          CR       ok
GenerateDataKeyPairWithoutPlaintext  ok      D1       PD              PI            UN          CR       ok
Sign                                 ok      D1       PD              PI            UN          CR       ok
Verify                               ok      D1       PD              PI            UN          CR       ok
GenerateMac                          ok      D1       PD              PI            UN          CR       ok
VerifyMac                            ok      D1       PD              PI            UN          CR       ok
GetPublicKey                         ok      D1       PD              PI            UN          CR       ok
DeriveSharedSecret                   ok      D1       PD              PI            UN          CR       ok
CreateGrant                          ok      D1       PD              PI            ok          CR       ok
ListGrants                           ok      ok       ok              ok            ok          ok       ok
RetireGrant                          ok      ok       ok              ok            ok          ok       ok
RevokeGrant                          ok      ok       ok              ok            ok          ok       ok
DescribeKey                          ok      ok       ok              ok            ok          ok       ok
GetKeyPolicy                         ok      ok       ok              ok            ok          ok       ok
PutKeyPolicy                         ok      ok       ok              ok            ok          ok       ok
ListAliases                          ok      ok       ok              ok            ok          ok       ok
ListKeyPolicies                      ok      ok       ok              ok            ok          ok       ok
ListResourceTags                     ok      ok       ok              ok            ok          ok       ok
DeleteAlias                          ok      ok       ok              ok            ok          ok       ok
CreateAlias                          ok      ok       PD              ok            ok          ok       ok
UpdateAlias                          ok      ok       PD              ok            ok          ok       ok
TagResource                          ok      ok       PD              ok            ok          ok       ok
UntagResource                        ok      ok       PD              ok            ok          ok       ok
UpdateKeyDescription                 ok      ok       PD              ok            ok          ok       ok
EnableKey                            ok      ok       PD              PI            ok          CR       UP
DisableKey                           ok      ok       PD              PI            ok          CR       UP
EnableKeyRotation                    ok      D1       PD              UO            UO          CR       ok
DisableKeyRotation                   ok      D1       PD              UO            UO          CR       ok
GetKeyRotationStatus                 ok      ok       ok              UO            UO          ok       ok
RotateKeyOnDemand                    ok      D1       PD              PI            UO          CR       UP
ScheduleKeyDeletion                  ok      ok       PD              ok            ok          ok       UP
CancelKeyDeletion                    NPD     NPD      ok              NPD           NPD         NPD      NPD
GetParametersForImport               UO      UO       PD              ok            UO          CR       UP
ImportKeyMaterial                    UO      UO       PD              ok            UO          CR       UO
DeleteImportedKeyMaterial            UO      UO       ok              ok            UO          CR       UP
`;
/** What AWS does not have, or does not say; the batch operations answer so for an item. */
const OURS = `
BatchEncrypt                         ok      D1       PD              PI            UN          CR       ok
BatchDecrypt                         ok      D1       PD              PI            UN          CR       ok
BatchGenerateDataKey                 ok      D1       PD              PI            UN          CR       ok
ListKeyRotations                     ok      ok       ok              UO            UO          ok       ok
MoveResource                         ok      ok       PD              ok            ok          ok       ok
PreviewMoveResource                  ok      ok       ok              ok            ok          ok       ok
`;

export type Outcome = 'ok' | { code: 'Disabled' | 'InvalidState'; end: string } | { code: 'UnsupportedOperation' };

const MEANING: Readonly<Record<string, Outcome>> = {
  ok: 'ok',
  D1: { code: 'Disabled', end: 'disabled' },
  PD: { code: 'InvalidState', end: 'pending deletion' },
  PI: { code: 'InvalidState', end: 'pending import' },
  UN: { code: 'InvalidState', end: 'unavailable' },
  CR: { code: 'InvalidState', end: 'creating' },
  UP: { code: 'InvalidState', end: 'updating' },
  NPD: { code: 'InvalidState', end: 'not pending deletion' },
  UO: { code: 'UnsupportedOperation' },
};

const [head, ...lines] = (SPECIFICATION.trimEnd() + OURS).trim().split('\n');
const columns = head!.split(/\s+/).slice(1);
const rows = new Map(lines.map((line) => [line.split(/\s+/)[0]!, line.split(/\s+/).slice(1)]));

/** Every operation that is about one key, those to come included. */
export const SPECIFIED: ReadonlySet<string> = new Set(rows.keys());

/** The specification treats both kinds of waiting for deletion alike. */
export function specified(operation: string, state: KeyState): Outcome {
  const column = columns.indexOf(state === 'PendingReplicaDeletion' ? 'PendingDeletion' : state);
  const outcome = MEANING[rows.get(operation)?.[column] ?? ''];
  if (outcome === undefined) throw new Error(`the table says nothing of ${operation} in ${state}`);
  return outcome;
}
