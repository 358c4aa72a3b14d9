import { GetAccessKeyLastUsed } from '../../api/access-keys.ts';
import { rootArn, userArn } from '../../domain/names.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import type { AccessKeyRow } from '../../store/db.ts';
import { userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { inProject, scopeOf } from '../targets.ts';

const missing = (accessKeyId: string) => `The Access Key with id ${accessKeyId} cannot be found.`;

export const getAccessKeyLastUsed = implement(GetAccessKeyLastUsed, {
  /** The key is authorized as its holder; a key that is not of this account as any user of it. */
  async resolve(call, input, deps) {
    const scope = scopeOf(call, deps);
    const key = await accessKeyById(deps.store.read, input.AccessKeyId);
    const own = key?.account_id === scope.accountId ? key : undefined;
    const user = own && (await userById(deps.store.read, own.owner_id));
    const ofRoot = own?.owner_id === scope.accountId;
    const resource = ofRoot ? rootArn(scope) : userArn(scope, user?.path ?? '/', user?.name ?? '*');
    return {
      targets: [{ resource, ...inProject(call, user) }],
      state: { key: own as AccessKeyRow, user },
      ...(!user && !ofRoot && { absent: call.fail('NotFound', missing(input.AccessKeyId)) }),
    };
  },
  run(_call, _input, { key, user }, deps) {
    const recent = deps.keyUses.latest(key.access_key_id);
    const at = Math.max(recent?.at ?? 0, key.last_used_at ?? 0);
    const [service, region] =
      recent && recent.at === at ? [recent.service, recent.region] : [key.last_used_service, key.last_used_region];
    return {
      ...(user && { UserName: user.name }),
      AccessKeyLastUsed: {
        ...(at > 0 && { LastUsedDate: at }),
        ServiceName: service ?? 'N/A',
        Region: region ?? 'N/A',
      },
    };
  },
});
