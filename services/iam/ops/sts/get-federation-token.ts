import { GetFederationToken, SESSION_SECONDS } from '../../api/sts.ts';
import { federatedUserArn } from '../../domain/names.ts';
import { tagRecord } from '../../store/tags.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { scopeOf } from '../targets.ts';
import { keepSession, makeCredentials, type NewSession, touchSession } from './new-session.ts';
import { readSessionPolicies, requireSessionTags } from './session-policies.ts';

export const getFederationToken = implement(GetFederationToken, {
  resolve(call, input, deps) {
    const { kind, session } = call.caller;
    if (kind !== 'user' || session !== undefined) {
      throw call.fail('AccessDenied', 'Cannot call GetFederationToken with session credentials', {
        hint: 'sign the request with the long-term access key of a user',
      });
    }
    const tags = input.Tags ?? [];
    requireSessionTags(call, deps, tags);
    const target = {
      resource: federatedUserArn(scopeOf(call, deps), input.Name),
      ...(tags.length > 0 && { requestTags: tagRecord(tags) }),
    };
    return {
      targets: tags.length > 0 ? [target, { ...target, action: 'sts:TagSession' }] : [target],
      state: undefined,
    };
  },
  async run(call, input, _state, deps) {
    const { accountId, principalId } = call.caller;
    const limits = await readSessionPolicies(call, deps, accountId, input, input.Tags ?? []);
    const session: NewSession = {
      kind: 'federated',
      accountId,
      entityId: principalId,
      name: input.Name,
      seconds: input.DurationSeconds ?? SESSION_SECONDS.default,
      tags: input.Tags,
      policy: limits.policy,
      managedPolicies: limits.managedPolicies,
    };
    const Credentials = await makeCredentials(call, deps, session);
    touchSession(call, deps, accountId, Credentials.AccessKeyId);
    return plainChange(async (tx) => {
      await keepSession(tx, call, Credentials.AccessKeyId, session);
      return {
        Credentials,
        FederatedUser: {
          FederatedUserId: `${accountId}:${input.Name}`,
          Arn: federatedUserArn(scopeOf(call, deps), input.Name),
        },
        ...(limits.packedSize !== undefined && { PackedPolicySize: limits.packedSize }),
      };
    });
  },
});
