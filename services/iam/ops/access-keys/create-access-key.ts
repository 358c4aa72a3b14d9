import { CreateAccessKey } from '../../api/access-keys.ts';
import { accessKeysOf, insertAccessKey } from '../../store/access-keys.ts';
import { lockUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutUser, userMissing } from '../targets.ts';
import { makeAccessKey, tenantKey } from '../tenant-key.ts';

export const createAccessKey = implement(CreateAccessKey, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, _input, user, deps) {
    // The HSM works before the transaction; a key that the transaction then refuses was never valid.
    const tenant = await tenantKey(deps, user.account_id);
    const key = await makeAccessKey(deps, tenant, user.account_id, user.user_id);
    const secret = key.secret.toString('latin1');
    key.secret.fill(0);
    return policyChange(deps, call, 'access-key', key.accessKeyId, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(user.name));
      const limit = deps.limits.accessKeysPerUser;
      const held = await accessKeysOf(tx, user.user_id, { after: undefined, limit });
      if (held.length >= limit) throw call.fail('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${limit}`);
      await insertAccessKey(tx, {
        access_key_id: key.accessKeyId,
        account_id: user.account_id,
        owner_id: user.user_id,
        sealed: key.sealed,
        status: 'Active',
        created_at: call.now,
      });
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: key.accessKeyId,
          Status: 'Active' as const,
          SecretAccessKey: secret,
          CreateDate: call.now,
        },
      };
    });
  },
});
