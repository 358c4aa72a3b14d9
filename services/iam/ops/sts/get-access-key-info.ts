import { noResource } from '../../../../platform/runtime/call.ts';
import { GetAccessKeyInfo } from '../../api/sts.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import { implement } from '../implement.ts';

/** Only keys of the caller's own account: whose a foreign key is, is nobody's business. */
export const getAccessKeyInfo = implement(GetAccessKeyInfo, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const key = await accessKeyById(deps.store.read, input.AccessKeyId);
    if (key?.account_id !== call.caller.accountId)
      throw call.fail('NotFound', `The Access Key with id ${input.AccessKeyId} cannot be found.`);
    return { Account: key.account_id };
  },
});
