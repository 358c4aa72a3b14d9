import { noResource } from '../../../../platform/runtime/call.ts';
import {
  DeactivateMFADevice,
  DeleteVirtualMFADevice,
  ListMFADevices,
  ListVirtualMFADevices,
} from '../../api/mfa-devices.ts';
import type { IamDeps } from '../../deps.ts';
import { isAccountId, rootArn } from '../../domain/names.ts';
import { accountById } from '../../store/accounts.ts';
import type { MfaDeviceRow } from '../../store/db.ts';
import {
  deleteDevice,
  deviceBySerial,
  devicesOf,
  listDevices,
  lockDevice,
  updateDevice,
} from '../../store/mfa-devices.ts';
import { tagRecord, tagsOf } from '../../store/tags.ts';
import { userById } from '../../store/users.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutHolder, inProject, withTags } from '../targets.ts';
import { showUser } from '../users/view.ts';
import { deviceMissing, touchDevice } from './enable-device.ts';

export const deactivateMfaDevice = implement(DeactivateMFADevice, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  run(call, input, holder) {
    return plainChange(async (tx) => {
      const device = await lockDevice(tx, input.SerialNumber);
      if (device?.owner_id !== holder.id) throw call.fail('NotFound', deviceMissing(input.SerialNumber));
      touchDevice(call, device.serial);
      await updateDevice(tx, device.serial, { owner_id: null, enabled_at: null });
      return undefined;
    });
  },
});

export const deleteVirtualMfaDevice = implement(DeleteVirtualMFADevice, {
  async resolve(call, input, deps) {
    const device = await deviceBySerial(deps.store.read, call.caller.accountId, input.SerialNumber);
    const tags = device && tagRecord(await tagsOf(deps.store.read, device.serial));
    return {
      targets: [
        { resource: input.SerialNumber, ...inProject(call, device), ...withTags(tags, 'iam:ResourceTag/', undefined) },
      ],
      state: device as MfaDeviceRow,
      ...(!device && { absent: call.fail('NotFound', deviceMissing(input.SerialNumber)) }),
    };
  },
  run(call, input, device) {
    return plainChange(async (tx) => {
      const current = await lockDevice(tx, device.serial);
      if (!current) throw call.fail('NotFound', deviceMissing(input.SerialNumber));
      if (current.owner_id !== null)
        throw call.fail('DeleteConflict', 'MFA VirtualDevice in use. Must deactivate first.');
      await deleteDevice(tx, device.serial);
      return undefined;
    });
  },
});

export const listMfaDevices = implement(ListMFADevices, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  async run(call, input, holder, deps) {
    const page = openPage(deps, call, input, holder.id);
    const found = await devicesOf(deps.store.read, holder.id, page.range);
    const { rows, output } = closePage(deps, page, found, (device) => device.serial);
    const MFADevices = rows.map((device) => ({
      ...(holder.name !== undefined && { UserName: holder.name }),
      SerialNumber: device.serial,
      EnableDate: device.enabled_at ?? device.created_at,
    }));
    return { MFADevices, ...output };
  },
});

export const listVirtualMfaDevices = implement(ListVirtualMFADevices, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const assignment = input.AssignmentStatus ?? 'Any';
    const page = openPage(deps, call, input, assignment);
    const found = await listDevices(deps.store.read, call.caller.accountId, assignment, page.range);
    const { rows, output } = closePage(deps, page, found, (device) => device.serial);
    const VirtualMFADevices = [];
    for (const device of rows) {
      VirtualMFADevices.push({
        SerialNumber: device.serial,
        EnterpriseProjectId: device.enterprise_project_id,
        ...(device.owner_id !== null && { User: await showOwner(deps, device.account_id, device.owner_id) }),
        ...(device.enabled_at !== null && { EnableDate: device.enabled_at }),
      });
    }
    return { VirtualMFADevices, ...output };
  },
});

async function showOwner(deps: IamDeps, accountId: string, ownerId: string) {
  const user = isAccountId(ownerId) ? undefined : await userById(deps.store.read, ownerId);
  if (user) return showUser(deps, user);
  const account = await accountById(deps.store.read, accountId);
  const Arn = rootArn({ partition: deps.settings.partition, accountId });
  return { UserId: ownerId, Arn, CreateDate: account?.created_at ?? 0 };
}
