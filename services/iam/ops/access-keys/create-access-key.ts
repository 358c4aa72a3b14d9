import { CreateAccessKey } from '../../api/access-keys.ts';
import { accessKeysOf, insertAccessKey } from '../../store/access-keys.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutHolder, lockHolder } from '../targets.ts';
import { makeAccessKey, tenantKey } from '../tenant-key.ts';

export const createAccessKey = implement(CreateAccessKey, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  async run(call, _input, holder, deps) {
    // The HSM works before the transaction; a key that the transaction then refuses was never valid.
    const tenant = await tenantKey(deps, holder.accountId);
    const key = await makeAccessKey(deps, tenant, holder.accountId, holder.id);
    const secret = key.secret.toString('latin1');
    key.secret.fill(0);
    return policyChange(deps, call, 'access-key', key.accessKeyId, async (tx) => {
      await lockHolder(tx, call, holder);
      const limit = deps.limits.accessKeysPerUser;
      const held = await accessKeysOf(tx, holder.id, { after: undefined, limit });
      if (held.length >= limit) throw call.fail('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${limit}`);
      await insertAccessKey(tx, {
        access_key_id: key.accessKeyId,
        account_id: holder.accountId,
        owner_id: holder.id,
        sealed: key.sealed,
        status: 'Active',
        created_at: call.now,
      });
      return {
        AccessKey: {
          ...(holder.name !== undefined && { UserName: holder.name }),
          AccessKeyId: key.accessKeyId,
          Status: 'Active' as const,
          SecretAccessKey: secret,
          CreateDate: call.now,
        },
      };
    });
  },
});
