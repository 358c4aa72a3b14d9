import { GetAccessKeyLastUsed } from '../../api/access-keys.ts';
import { userArn } from '../../domain/names.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import type { AccessKeyRow, UserRow } from '../../store/db.ts';
import { userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { inProject, scopeOf } from '../targets.ts';

export const getAccessKeyLastUsed = implement(GetAccessKeyLastUsed, {
  /** The key is authorized as its user; a key that is not of this account as any user of it. */
  async resolve(call, input, deps) {
    const scope = scopeOf(call, deps);
    const key = await accessKeyById(deps.store.read, input.AccessKeyId);
    const own = key?.account_id === scope.accountId ? key : undefined;
    const user = own && (await userById(deps.store.read, own.owner_id));
    return {
      targets: [{ resource: userArn(scope, user?.path ?? '/', user?.name ?? '*'), ...inProject(call, user) }],
      state: { key: own as AccessKeyRow, user: user as UserRow },
      ...(!user && { absent: call.fail('NotFound', `The Access Key with id ${input.AccessKeyId} cannot be found.`) }),
    };
  },
  run(_call, _input, { key, user }, deps) {
    const recent = deps.keyUses.latest(key.access_key_id);
    const at = Math.max(recent?.at ?? 0, key.last_used_at ?? 0);
    const [service, region] =
      recent && recent.at === at ? [recent.service, recent.region] : [key.last_used_service, key.last_used_region];
    return {
      UserName: user.name,
      AccessKeyLastUsed: {
        ...(at > 0 && { LastUsedDate: at }),
        ServiceName: service ?? 'N/A',
        Region: region ?? 'N/A',
      },
    };
  },
});
