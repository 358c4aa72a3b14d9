import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { CreateVirtualMFADevice } from '../../api/mfa-devices.ts';
import { NO_ATTEMPTS, seedBinding } from '../../domain/mfa.ts';
import { mfaArn, nameKey } from '../../domain/names.ts';
import { qrPng } from '../../domain/qr-png.ts';
import { checkTags } from '../../domain/tags.ts';
import { base32, SEED_BYTES, seedUri } from '../../domain/totp.ts';
import { lockAccount } from '../../store/accounts.ts';
import type { MfaDeviceRow } from '../../store/db.ts';
import { countDevices, insertDevice } from '../../store/mfa-devices.ts';
import { putTags, tagRecord } from '../../store/tags.ts';
import { plainChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireOpenProject } from '../projects/about-project.ts';
import { scopeOf } from '../targets.ts';
import { tenantKey } from '../tenant-key.ts';
import { touchDevice } from './enable-device.ts';

export const createVirtualMfaDevice = implement(CreateVirtualMFADevice, {
  resolve(call, input, deps) {
    const resource = mfaArn(scopeOf(call, deps), input.Path ?? '/', input.VirtualMFADeviceName);
    return {
      targets: [
        {
          resource,
          project: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
          ...(input.Tags && { requestTags: tagRecord(input.Tags) }),
        },
      ],
      state: resource,
    };
  },
  async run(call, input, serial, deps) {
    const tags = input.Tags ?? [];
    const problem = checkTags(tags, [], deps.limits.tagsPerResource);
    if (problem) throw call.fail(problem.code, problem.message);
    const { accountId } = call.caller;
    const seed = await deps.hsm.random(SEED_BYTES);
    const sealed = await deps.hsm.sealSecret(await tenantKey(deps, accountId), seedBinding(accountId, serial), seed);
    const text = base32(seed);
    seed.fill(0);
    const row: MfaDeviceRow = {
      serial,
      account_id: accountId,
      name_key: nameKey(input.VirtualMFADeviceName),
      sealed,
      owner_id: null,
      enabled_at: null,
      drift: 0,
      last_step: 0,
      ...NO_ATTEMPTS,
      enterprise_project_id: input.EnterpriseProjectId ?? DEFAULT_PROJECT,
      created_at: call.now,
    };
    touchDevice(call, serial);
    return plainChange(async (tx) => {
      await lockAccount(tx, accountId);
      await requireOpenProject(tx, call, row.enterprise_project_id);
      const limit = deps.limits.mfaDevicesPerAccount;
      if ((await countDevices(tx, accountId)).all >= limit)
        throw call.fail('LimitExceeded', `Cannot exceed quota for MFADevicesPerAccount: ${limit}`);
      await unlessTaken(insertDevice(tx, row), () =>
        call.fail('EntityAlreadyExists', 'MFADevice entity at the same path and name already exists.'),
      );
      await putTags(tx, serial, tags);
      return {
        VirtualMFADevice: {
          SerialNumber: serial,
          Base32StringSeed: Buffer.from(text, 'latin1'),
          QRCodePNG: qrPng(seedUri(text, input.VirtualMFADeviceName, accountId)),
          ...(tags.length > 0 && { Tags: tags }),
          EnterpriseProjectId: row.enterprise_project_id,
        },
      };
    });
  },
});
