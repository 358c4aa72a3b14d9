import { ListAccessKeys } from '../../api/access-keys.ts';
import { accessKeysOf } from '../../store/access-keys.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutUser } from '../targets.ts';

export const listAccessKeys = implement(ListAccessKeys, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  async run(call, input, user, deps) {
    const page = openPage(deps, call, input, user.user_id);
    const found = await accessKeysOf(deps.store.read, user.user_id, page.range);
    const { rows, output } = closePage(deps, page, found, (key) => key.access_key_id);
    const AccessKeyMetadata = rows.map((key) => ({
      UserName: user.name,
      AccessKeyId: key.access_key_id,
      Status: key.status,
      CreateDate: key.created_at,
    }));
    return { AccessKeyMetadata, ...output };
  },
});
