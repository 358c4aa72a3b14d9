import { DeleteAccessKey, UpdateAccessKey } from '../../api/access-keys.ts';
import { deleteAccessKey as deleteRow, setKeyStatus } from '../../store/access-keys.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutHolder } from '../targets.ts';

const missing = (accessKeyId: string) => `The Access Key with id ${accessKeyId} cannot be found.`;

/** Both end what the key can do: the caches of this process are told at once, the others within a second. */
export const updateAccessKey = implement(UpdateAccessKey, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  run(call, input, holder, deps) {
    const { AccessKeyId, Status } = input;
    if (Status === 'Expired') {
      throw call.fail('InvalidInput', 'status Expired cannot be set', { hint: 'use Active or Inactive' });
    }
    return policyChange(deps, call, 'access-key', AccessKeyId, async (tx) => {
      if (!(await setKeyStatus(tx, holder.id, AccessKeyId, Status))) throw call.fail('NotFound', missing(AccessKeyId));
      return undefined;
    });
  },
});

export const deleteAccessKey = implement(DeleteAccessKey, {
  resolve: (call, input, deps) => aboutHolder(call, deps, input.UserName),
  run(call, input, holder, deps) {
    return policyChange(deps, call, 'access-key', input.AccessKeyId, async (tx) => {
      if (!(await deleteRow(tx, holder.id, input.AccessKeyId))) throw call.fail('NotFound', missing(input.AccessKeyId));
      return undefined;
    });
  },
});
