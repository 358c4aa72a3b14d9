/**
 * The token that a rotation hands to its function and gets back with PutSecretValue: whoever puts the pending value
 * with it was asked to by the vault. Derived by the HSM from the run, so nothing is stored.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Hsm } from '../../../../hsm/port.ts';
import { lengthPrefixed } from '../../../../platform/contract/canonical-row.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { RunRow } from '../../domain/rotation/rows.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import type { AnyCall } from '../secret-access.ts';

const LABEL = 'parapet/ccms/rotation-token/v1';

export async function rotationToken(hsm: Hsm, run: Pick<RunRow, 'run_id' | 'secret_id' | 'token'>): Promise<string> {
  const covered = [run.run_id, run.secret_id, run.token].map((text) => Buffer.from(text, 'utf8'));
  return (await hsm.mac(LABEL, lengthPrefixed(covered))).toString('base64url');
}

/** Refuses a token that is not of the rotation that works on this version. */
export async function requireRotation(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  versionId: string,
  given: string,
): Promise<void> {
  const open = await deps.rotations.open(secret.row.secret_id);
  const run = open.find(({ token, finished_at }) => token === versionId && finished_at === null);
  const expected = Buffer.from(run ? await rotationToken(deps.hsm, run) : '', 'utf8');
  const shown = Buffer.from(given, 'utf8');
  if (run && shown.length === expected.length && timingSafeEqual(shown, expected)) return;
  throw call.fail('InvalidRequest', 'the RotationToken is of no rotation that works on this version', {
    hint: 'pass on the RotationToken of the event, or leave it out',
  });
}
