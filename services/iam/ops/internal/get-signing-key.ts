import { noResource } from '../../../../platform/runtime/call.ts';
import { GetSigningKey } from '../../api/internal.ts';
import { deriveSigningKey, isSessionKeyId, secretBinding } from '../../domain/access-key-format.ts';
import { userArn } from '../../domain/names.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import { userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { tenantKey } from '../tenant-key.ts';

/** One answer for every key that cannot be used, so that ids cannot be told apart by asking. */
export const getSigningKey = implement(GetSigningKey, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const unknown = () => call.fail('UnknownAccessKey', 'access key is unknown or inactive');
    const { AccessKeyId, SessionToken } = input;
    const session = isSessionKeyId(AccessKeyId) || SessionToken !== undefined;
    if (session) throw unknown();
    const db = deps.store.read;
    const key = await accessKeyById(db, AccessKeyId);
    if (key?.status !== 'Active') throw unknown();
    const user = await userById(db, key.user_id);
    if (user?.account_id !== key.account_id) throw unknown();

    const tenant = await tenantKey(deps, key.account_id);
    const secret = await deps.hsm.openSecret(
      tenant,
      secretBinding(key.account_id, AccessKeyId, user.user_id),
      key.sealed,
    );
    try {
      const scope = { partition: deps.settings.partition, accountId: user.account_id };
      return {
        SigningKey: deriveSigningKey(secret, { date: input.Date, region: input.Region, service: input.Service }),
        AccountId: user.account_id,
        PrincipalId: user.user_id,
        Arn: userArn(scope, user.path, user.name),
        Kind: 'user' as const,
        UserName: user.name,
      };
    } finally {
      secret.fill(0);
    }
  },
});
