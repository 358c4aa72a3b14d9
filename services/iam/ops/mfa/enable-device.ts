import { EnableMFADevice, ResyncMFADevice } from '../../api/mfa-devices.ts';
import type { IamDeps } from '../../deps.ts';
import { RESYNC_STEPS } from '../../domain/mfa.ts';
import { acceptedPair, stepAt } from '../../domain/totp.ts';
import type { MfaDeviceRow, Tx } from '../../store/db.ts';
import { deviceBySerial, devicesOf, lockDevice, updateDevice } from '../../store/mfa-devices.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { type AnyCall, aboutHolder, lockHolder } from '../targets.ts';
import { attempt } from './second-factor.ts';

export const deviceMissing = (serial: string) => `VirtualMFADevice with serial number ${serial} does not exist.`;

const IN_USE = 'MFA Device is already in use.';
const INVALID = 'Authentication codes are not valid for the MFA device.';

/** Whose a device is belongs to what it is: whoever follows changes must know. */
export function touchDevice(call: AnyCall, serial: string, accountId = call.caller.accountId): void {
  call.touches(serial, 'AWS::IAM::VirtualMFADevice', accountId);
}

interface Codes {
  AuthenticationCode1: string;
  AuthenticationCode2: string;
}

/** The columns of a device whose clock two consecutive codes have told. */
async function synchronise(call: AnyCall, deps: IamDeps, device: MfaDeviceRow, codes: Codes) {
  const pair = [codes.AuthenticationCode1, codes.AuthenticationCode2] as const;
  const window = { steps: RESYNC_STEPS, drift: 0, lastStep: device.last_step };
  const step = await attempt(call, deps, device, (seed) => acceptedPair(seed, pair, call.now, window));
  if (step === 'locked') {
    throw call.fail('EntityTemporarilyUnmodifiable', 'the device is locked after wrong codes', {
      hint: 'wait a quarter of an hour',
    });
  }
  if (step === undefined) {
    throw call.fail('InvalidAuthenticationCode', INVALID, {
      hint: 'give two consecutive codes that were not used before',
    });
  }
  return { last_step: step, drift: step - stepAt(call.now) };
}

/** Of two requests with one code, the second is refused. Answers the device as it is now. */
async function useUp(tx: Tx, call: AnyCall, serial: string, step: number): Promise<MfaDeviceRow> {
  const device = await lockDevice(tx, serial);
  if (!device) throw call.fail('NotFound', deviceMissing(serial));
  if (device.last_step >= step) throw call.fail('InvalidAuthenticationCode', INVALID);
  return device;
}

export const enableMfaDevice = implement(EnableMFADevice, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  async run(call, input, holder, deps) {
    const serial = input.SerialNumber;
    const device = await deviceBySerial(deps.store.read, holder.accountId, serial);
    if (!device) throw call.fail('NotFound', deviceMissing(serial));
    if (device.owner_id !== null) throw call.fail('EntityAlreadyExists', IN_USE);
    const clock = await synchronise(call, deps, device, input);
    touchDevice(call, serial);
    return plainChange(async (tx) => {
      await lockHolder(tx, call, holder);
      const limit = deps.limits.mfaDevicesPerOwner;
      const held = await devicesOf(tx, holder.id, { after: undefined, limit });
      if (held.length >= limit) throw call.fail('LimitExceeded', `Cannot exceed quota for MFADevicesPerUser: ${limit}`);
      const current = await useUp(tx, call, serial, clock.last_step);
      if (current.owner_id !== null) throw call.fail('EntityAlreadyExists', IN_USE);
      await updateDevice(tx, serial, { ...clock, owner_id: holder.id, enabled_at: call.now });
      return undefined;
    });
  },
});

export const resyncMfaDevice = implement(ResyncMFADevice, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  async run(call, input, holder, deps) {
    const serial = input.SerialNumber;
    const device = await deviceBySerial(deps.store.read, holder.accountId, serial);
    if (device?.owner_id !== holder.id) throw call.fail('NotFound', deviceMissing(serial));
    const clock = await synchronise(call, deps, device, input);
    return plainChange(async (tx) => {
      const current = await useUp(tx, call, serial, clock.last_step);
      if (current.owner_id !== holder.id) throw call.fail('NotFound', deviceMissing(serial));
      await updateDevice(tx, serial, clock);
      return undefined;
    });
  },
});
