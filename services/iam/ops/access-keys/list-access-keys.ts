import { ListAccessKeys } from '../../api/access-keys.ts';
import { accessKeysOf } from '../../store/access-keys.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutHolder } from '../targets.ts';

export const listAccessKeys = implement(ListAccessKeys, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  async run(call, input, holder, deps) {
    const page = openPage(deps, call, input, holder.id);
    const found = await accessKeysOf(deps.store.read, holder.id, page.range);
    const { rows, output } = closePage(deps, page, found, (key) => key.access_key_id);
    const AccessKeyMetadata = rows.map((key) => ({
      ...(holder.name !== undefined && { UserName: holder.name }),
      AccessKeyId: key.access_key_id,
      Status: key.status,
      CreateDate: key.created_at,
    }));
    return { AccessKeyMetadata, ...output };
  },
});
