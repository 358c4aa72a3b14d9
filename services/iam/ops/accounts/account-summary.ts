import { noResource } from '../../../../platform/runtime/call.ts';
import { GetAccountSummary, ListAccountAliases } from '../../api/accounts.ts';
import { accessKeysOf } from '../../store/access-keys.ts';
import { countGroups } from '../../store/groups.ts';
import { countDevices, devicesOf } from '../../store/mfa-devices.ts';
import { countPolicies, countVersions } from '../../store/policies.ts';
import { countRoles } from '../../store/roles.ts';
import { countUsers } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { openPage } from '../pages.ts';

const ONE = { after: undefined, limit: 1 };

export const getAccountSummary = implement(GetAccountSummary, {
  resolve: noResource,
  async run(call, _input, _state, deps) {
    const { accountId } = call.caller;
    const { limits } = deps;
    const db = deps.store.read;
    const devices = await countDevices(db, accountId);
    return {
      SummaryMap: {
        Users: await countUsers(db, accountId),
        UsersQuota: limits.usersPerAccount,
        Groups: await countGroups(db, accountId),
        GroupsQuota: limits.groupsPerAccount,
        GroupsPerUserQuota: limits.groupsPerUser,
        Roles: await countRoles(db, accountId),
        RolesQuota: limits.rolesPerAccount,
        Policies: await countPolicies(db, accountId),
        PoliciesQuota: limits.policiesPerAccount,
        PolicyVersionsInUse: await countVersions(db, accountId),
        VersionsPerPolicyQuota: limits.versionsPerPolicy,
        PolicySizeQuota: limits.document.size.identity.characters,
        UserPolicySizeQuota: limits.inlineCharactersPerUser,
        GroupPolicySizeQuota: limits.inlineCharactersPerGroup,
        AssumeRolePolicySizeQuota: limits.document.size.trust.characters,
        AttachedPoliciesPerRoleQuota: limits.attachedPoliciesPerRole,
        AttachedPoliciesPerUserQuota: limits.attachedPoliciesPerUser,
        AttachedPoliciesPerGroupQuota: limits.attachedPoliciesPerGroup,
        AccessKeysPerUserQuota: limits.accessKeysPerUser,
        MFADevices: devices.all,
        MFADevicesInUse: devices.inUse,
        /** Of the root user. */
        AccountAccessKeysPresent: (await accessKeysOf(db, accountId, ONE)).length,
        AccountPasswordPresent: 0,
        AccountMFAEnabled: (await devicesOf(db, accountId, ONE)).length,
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
