/** Every handler of the service. */
import type { BoundHandler } from '../../../platform/runtime/call.ts';
import type { IamDeps } from '../deps.ts';
import { createAccessKey } from './access-keys/create-access-key.ts';
import { getAccessKeyLastUsed } from './access-keys/get-access-key-last-used.ts';
import { listAccessKeys } from './access-keys/list-access-keys.ts';
import { deleteAccessKey, updateAccessKey } from './access-keys/update-access-key.ts';
import { getAccountSummary, listAccountAliases } from './accounts/account-summary.ts';
import { createAccount, describeAccount, listAccounts } from './accounts/accounts.ts';
import {
  attachGroupPolicy,
  attachRolePolicy,
  attachUserPolicy,
  detachGroupPolicy,
  detachRolePolicy,
  detachUserPolicy,
} from './attachments/attach.ts';
import {
  deleteRolePermissionsBoundary,
  deleteUserPermissionsBoundary,
  putRolePermissionsBoundary,
  putUserPermissionsBoundary,
} from './attachments/boundaries.ts';
import {
  listAttachedGroupPolicies,
  listAttachedRolePolicies,
  listAttachedUserPolicies,
} from './attachments/list-attached.ts';
import { listEntitiesForPolicy } from './attachments/list-entities.ts';
import { authorize, batchAuthorize } from './authz/authorize.ts';
import { getEffectiveCeiling } from './authz/effective-ceiling.ts';
import { explain } from './authz/explain.ts';
import { deleteNamespace, describeNamespace, listNamespaces, registerNamespace } from './authz/namespaces.ts';
import { whatCan } from './authz/what-can.ts';
import { whoCan } from './authz/who-can.ts';
import { createGroup } from './groups/create-group.ts';
import { deleteGroup } from './groups/delete-group.ts';
import { addUserToGroup, removeUserFromGroup } from './groups/members.ts';
import { getGroup, listGroups, listGroupsForUser } from './groups/read-groups.ts';
import { updateGroup } from './groups/update-group.ts';
import { deleteGroupPolicy, getGroupPolicy, listGroupPolicies, putGroupPolicy } from './inline/group-policies.ts';
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from './inline/role-policies.ts';
import { deleteUserPolicy, getUserPolicy, listUserPolicies, putUserPolicy } from './inline/user-policies.ts';
import { describeConfigurations, listConfigurations } from './internal/configurations.ts';
import { describeAccounts } from './internal/describe-accounts.ts';
import { describeRenewal } from './internal/describe-renewal.ts';
import { findEnterpriseProject, listAccountPrincipals } from './internal/for-projects.ts';
import { getSessionKeys } from './internal/get-session-keys.ts';
import { getSigningKey } from './internal/get-signing-key.ts';
import { provisionAccount } from './internal/provision-account.ts';
import {
  getAuthorizationChanges,
  getPrincipalSnapshot,
  getSessionSnapshot,
  noteUses,
  resolvePrincipals,
} from './internal/read-authorization.ts';
import { createVirtualMfaDevice } from './mfa/create-device.ts';
import { deactivateMfaDevice, deleteVirtualMfaDevice, listMfaDevices, listVirtualMfaDevices } from './mfa/devices.ts';
import { enableMfaDevice, resyncMfaDevice } from './mfa/enable-device.ts';
import { createPolicyVersion, deletePolicyVersion, setDefaultPolicyVersion } from './policies/change-versions.ts';
import { createPolicy } from './policies/create-policy.ts';
import { deletePolicy } from './policies/delete-policy.ts';
import { getPolicy, listPolicies } from './policies/read-policies.ts';
import { getPolicyVersion, listPolicyVersions } from './policies/versions.ts';
import {
  disableEnterpriseProject,
  enableEnterpriseProject,
  updateEnterpriseProject,
} from './projects/change-project.ts';
import { createEnterpriseProject } from './projects/create-project.ts';
import { attachProjectPolicy, detachProjectPolicy, listProjectGrants } from './projects/grants.ts';
import { listProjectResources } from './projects/list-resources.ts';
import { moveResource, previewMoveResource } from './projects/move-resource.ts';
import { describeEnterpriseProject, listEnterpriseProjects } from './projects/read-projects.ts';
import { createRole } from './roles/create-role.ts';
import { deleteRole } from './roles/delete-role.ts';
import { getRole, listRoles } from './roles/read-roles.ts';
import { updateAssumeRolePolicy, updateRole, updateRoleDescription } from './roles/update-role.ts';
import { claimRootUser, issueRootClaim } from './root-user/claim.ts';
import { listSessions } from './sessions/list-sessions.ts';
import { revokeSession, revokeSessionsBefore } from './sessions/revoke.ts';
import { getContextKeysForCustomPolicy, getContextKeysForPrincipalPolicy } from './simulation/context-keys.ts';
import { simulateCustomPolicy } from './simulation/simulate-custom-policy.ts';
import { simulatePrincipalPolicy } from './simulation/simulate-principal-policy.ts';
import { assumeRole } from './sts/assume-role.ts';
import { createSession, getSessionToken } from './sts/create-session.ts';
import { getAccessKeyInfo } from './sts/get-access-key-info.ts';
import { getCallerIdentity } from './sts/get-caller-identity.ts';
import { getFederationToken } from './sts/get-federation-token.ts';
import { describeServiceRole, openServiceSession } from './sts/service-session.ts';
import { listPolicyTags, tagPolicy, untagPolicy } from './tags/policy-tags.ts';
import { listRoleTags, tagRole, untagRole } from './tags/role-tags.ts';
import { listUserTags, tagUser, untagUser } from './tags/user-tags.ts';
import { createUser } from './users/create-user.ts';
import { deleteUser } from './users/delete-user.ts';
import { getUser, listUsers } from './users/read-users.ts';
import { updateUser } from './users/update-user.ts';
import { whatIf } from './what-if/what-if.ts';

export const handlers: readonly BoundHandler<IamDeps>[] = [
  createAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  getAccountSummary,
  listAccountAliases,
  createAccount,
  listAccounts,
  describeAccount,
  attachUserPolicy,
  detachUserPolicy,
  attachGroupPolicy,
  detachGroupPolicy,
  putUserPermissionsBoundary,
  deleteUserPermissionsBoundary,
  listAttachedUserPolicies,
  listAttachedGroupPolicies,
  listEntitiesForPolicy,
  authorize,
  batchAuthorize,
  explain,
  whoCan,
  whatCan,
  getEffectiveCeiling,
  whatIf,
  simulateCustomPolicy,
  simulatePrincipalPolicy,
  getContextKeysForCustomPolicy,
  getContextKeysForPrincipalPolicy,
  registerNamespace,
  listNamespaces,
  describeNamespace,
  deleteNamespace,
  createGroup,
  deleteGroup,
  addUserToGroup,
  removeUserFromGroup,
  getGroup,
  listGroups,
  listGroupsForUser,
  updateGroup,
  putGroupPolicy,
  getGroupPolicy,
  deleteGroupPolicy,
  listGroupPolicies,
  putUserPolicy,
  getUserPolicy,
  deleteUserPolicy,
  listUserPolicies,
  createRole,
  getRole,
  listRoles,
  updateRole,
  updateRoleDescription,
  deleteRole,
  updateAssumeRolePolicy,
  attachRolePolicy,
  detachRolePolicy,
  listAttachedRolePolicies,
  putRolePermissionsBoundary,
  deleteRolePermissionsBoundary,
  putRolePolicy,
  getRolePolicy,
  deleteRolePolicy,
  listRolePolicies,
  tagRole,
  untagRole,
  listRoleTags,
  createVirtualMfaDevice,
  enableMfaDevice,
  resyncMfaDevice,
  deactivateMfaDevice,
  listMfaDevices,
  listVirtualMfaDevices,
  deleteVirtualMfaDevice,
  issueRootClaim,
  claimRootUser,
  listSessions,
  revokeSession,
  revokeSessionsBefore,
  assumeRole,
  getFederationToken,
  getSessionKeys,
  getSigningKey,
  getPrincipalSnapshot,
  getSessionSnapshot,
  getAuthorizationChanges,
  resolvePrincipals,
  findEnterpriseProject,
  listAccountPrincipals,
  noteUses,
  describeConfigurations,
  listConfigurations,
  describeAccounts,
  describeRenewal,
  provisionAccount,
  describeServiceRole,
  openServiceSession,
  createEnterpriseProject,
  describeEnterpriseProject,
  listEnterpriseProjects,
  updateEnterpriseProject,
  disableEnterpriseProject,
  enableEnterpriseProject,
  attachProjectPolicy,
  detachProjectPolicy,
  listProjectGrants,
  listProjectResources,
  moveResource,
  previewMoveResource,
  createPolicyVersion,
  setDefaultPolicyVersion,
  deletePolicyVersion,
  createPolicy,
  deletePolicy,
  getPolicy,
  listPolicies,
  getPolicyVersion,
  listPolicyVersions,
  getSessionToken,
  createSession,
  getAccessKeyInfo,
  getCallerIdentity,
  tagPolicy,
  untagPolicy,
  listPolicyTags,
  tagUser,
  untagUser,
  listUserTags,
  createUser,
  deleteUser,
  getUser,
  listUsers,
  updateUser,
];
