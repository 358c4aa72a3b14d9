import { noResource } from '../../../../platform/runtime/call.ts';
import { GetCallerIdentity } from '../../api/sts.ts';
import { implement } from '../implement.ts';

export const getCallerIdentity = implement(GetCallerIdentity, {
  resolve: noResource,
  run: ({ caller }) => ({ UserId: caller.principalId, Account: caller.accountId, Arn: caller.arn }),
});
