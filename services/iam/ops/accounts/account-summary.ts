import { noResource } from '../../../../platform/runtime/call.ts';
import { GetAccountSummary, ListAccountAliases } from '../../api/accounts.ts';
import { countGroups } from '../../store/groups.ts';
import { countPolicies, countVersions } from '../../store/policies.ts';
import { countUsers } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { openPage } from '../pages.ts';

export const getAccountSummary = implement(GetAccountSummary, {
  resolve: noResource,
  async run(call, _input, _state, deps) {
    const { accountId } = call.caller;
    const { limits } = deps;
    const db = deps.store.read;
    return {
      SummaryMap: {
        Users: await countUsers(db, accountId),
        UsersQuota: limits.usersPerAccount,
        Groups: await countGroups(db, accountId),
        GroupsQuota: limits.groupsPerAccount,
        GroupsPerUserQuota: limits.groupsPerUser,
        Policies: await countPolicies(db, accountId),
        PoliciesQuota: limits.policiesPerAccount,
        PolicyVersionsInUse: await countVersions(db, accountId),
        VersionsPerPolicyQuota: limits.versionsPerPolicy,
        PolicySizeQuota: limits.document.size.identity.characters,
        UserPolicySizeQuota: limits.inlineCharactersPerUser,
        GroupPolicySizeQuota: limits.inlineCharactersPerGroup,
        AttachedPoliciesPerUserQuota: limits.attachedPoliciesPerUser,
        AttachedPoliciesPerGroupQuota: limits.attachedPoliciesPerGroup,
        AccessKeysPerUserQuota: limits.accessKeysPerUser,
        /** The root user has no credentials. */
        AccountAccessKeysPresent: 0,
        AccountPasswordPresent: 0,
        AccountMFAEnabled: 0,
      },
    };
  },
});

export const listAccountAliases = implement(ListAccountAliases, {
  resolve: noResource,
  run(call, input, _state, deps) {
    openPage(deps, call, input);
    return { AccountAliases: [], IsTruncated: false };
  },
});
