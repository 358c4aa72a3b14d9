/**
 * Codes of MFA devices. A code is accepted once; attempts are counted in transactions of their own, because a request
 * with a wrong code is refused and leaves nothing else behind.
 */
import type { IamDeps } from '../../deps.ts';
import { afterAttempt, NO_ATTEMPTS, seedBinding, WINDOW_STEPS } from '../../domain/mfa.ts';
import { acceptedStep } from '../../domain/totp.ts';
import type { MfaDeviceRow, Tx } from '../../store/db.ts';
import { deviceBySerial, lockDevice, updateDevice } from '../../store/mfa-devices.ts';
import type { AnyCall } from '../targets.ts';
import { tenantKey } from '../tenant-key.ts';

export interface AcceptedCode {
  serial: string;
  ownerId: string;
  step: number;
}

interface Given {
  SerialNumber?: string | undefined;
  TokenCode?: string | undefined;
}

/**
 * The second factor given with a request of the caller's; undefined: none was given. Every reason to refuse is one
 * answer, so that serial numbers cannot be told apart.
 */
export async function checkSecondFactor(
  call: AnyCall,
  deps: IamDeps,
  { SerialNumber, TokenCode }: Given,
): Promise<AcceptedCode | undefined> {
  if (SerialNumber === undefined && TokenCode === undefined) return undefined;
  if (SerialNumber === undefined || TokenCode === undefined)
    throw call.fail('Validation', 'SerialNumber and TokenCode are given together or not at all');
  const { accountId, principalId, kind } = call.caller;
  const refused = (hint?: string) =>
    call.fail('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.', {
      hint: hint ?? 'give the serial number of your own device and its present code; a code is accepted once',
    });
  const device = await deviceBySerial(deps.store.read, accountId, SerialNumber);
  const owned = (kind === 'user' || kind === 'root') && device?.owner_id === principalId;
  if (!device || !owned) throw refused();
  const step = await attempt(call, deps, device, (seed) =>
    acceptedStep(seed, TokenCode, call.now, { steps: WINDOW_STEPS, drift: device.drift, lastStep: device.last_step }),
  );
  if (step === 'locked') throw refused('the device is locked after wrong codes: wait a quarter of an hour');
  if (step === undefined) throw refused();
  return { serial: device.serial, ownerId: principalId, step };
}

/** Uses the code up. Of two requests with one code, the second is refused. */
export async function acceptCode(tx: Tx, call: AnyCall, code: AcceptedCode): Promise<void> {
  const device = await lockDevice(tx, code.serial);
  if (device?.owner_id !== code.ownerId || device.last_step >= code.step)
    throw call.fail('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.');
  await updateDevice(tx, code.serial, { last_step: code.step });
}

/**
 * Tries a code. SECURITY: the attempt is counted before the code is looked at, so that no number of requests at once
 * gets more guesses than the limit.
 */
export async function attempt(
  call: AnyCall,
  deps: IamDeps,
  device: MfaDeviceRow,
  find: (seed: Buffer) => number | undefined,
): Promise<number | undefined | 'locked'> {
  const open = await deps.store.transaction(async (tx) => {
    const current = await lockDevice(tx, device.serial);
    if (!current || current.locked_until > call.now) return false;
    await updateDevice(tx, device.serial, afterAttempt(current, call.now));
    return true;
  });
  if (!open) return 'locked';
  const step = await withSeed(deps, device, find);
  if (step !== undefined) await deps.store.transaction((tx) => updateDevice(tx, device.serial, NO_ATTEMPTS));
  return step;
}

/** Opens the seed for the time of `use`. */
async function withSeed<T>(deps: IamDeps, device: MfaDeviceRow, use: (seed: Buffer) => T): Promise<T> {
  const tenant = await tenantKey(deps, device.account_id);
  const seed = await deps.hsm.openSecret(tenant, seedBinding(device.account_id, device.serial), device.sealed);
  try {
    return use(seed);
  } finally {
    seed.fill(0);
  }
}
