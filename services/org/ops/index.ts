/** Every handler of the service. */

import type { BoundHandler } from '../../../platform/runtime/call.ts';
import type { OrgDeps } from '../deps.ts';
import { closeAccount, reinstateAccount, resumeAccount, suspendAccount } from './accounts/account-states.ts';
import { createAccount, describeCreateAccountStatus, listCreateAccountStatus } from './accounts/create-account.ts';
import { leaveOrganization, removeAccountFromOrganization } from './accounts/leave.ts';
import { moveAccount, renameAccount } from './accounts/place-account.ts';
import { describeAccount, listAccounts, listAccountsForParent } from './accounts/read-accounts.ts';
import {
  deregisterDelegatedAdministrator,
  listDelegatedAdministrators,
  listDelegatedServicesForAccount,
  registerDelegatedAdministrator,
} from './delegation/delegated-administrators.ts';
import { deleteResourcePolicy, describeResourcePolicy, putResourcePolicy } from './delegation/resource-policy.ts';
import {
  disableAWSServiceAccess,
  enableAWSServiceAccess,
  listAWSServiceAccessForOrganization,
} from './delegation/service-access.ts';
import { detectiveHandlers } from './detective/index.ts';
import { acceptHandshake, cancelHandshake, declineHandshake, describeHandshake } from './handshakes/answer.ts';
import { inviteAccountToOrganization } from './handshakes/invite.ts';
import { listHandshakesForAccount, listHandshakesForOrganization } from './handshakes/list-handshakes.ts';
import { getOrganizationChanges, getOrganizationView } from './internal/view.ts';
import { landingZoneHandlers } from './landing-zone/index.ts';
import {
  createOrganization,
  deleteOrganization,
  describeOrganization,
  enableAllFeatures,
  listRoots,
} from './organization/organization.ts';
import { describeOrganizationTree } from './organization/tree.ts';
import {
  attachPolicy,
  detachPolicy,
  listPoliciesForTarget,
  listTargetsForPolicy,
  updatePolicyAttachment,
} from './policies/attachments.ts';
import { createPolicy, deletePolicy, updatePolicy } from './policies/change-policies.ts';
import { disablePolicyType, enablePolicyType } from './policies/policy-types.ts';
import { describeEffectivePolicy, describePolicy, listPolicies } from './policies/read-policies.ts';
import { lookupOrganizationEvents } from './records.ts';
import { listTagsForResource, tagResource, untagResource } from './tags/tags.ts';
import {
  createOrganizationalUnit,
  deleteOrganizationalUnit,
  moveOrganizationalUnit,
  updateOrganizationalUnit,
} from './units/change-units.ts';
import {
  describeOrganizationalUnit,
  listChildren,
  listOrganizationalUnitsForParent,
  listParents,
} from './units/read-units.ts';

export const handlers: readonly BoundHandler<OrgDeps>[] = [
  suspendAccount,
  resumeAccount,
  closeAccount,
  reinstateAccount,
  createAccount,
  describeCreateAccountStatus,
  listCreateAccountStatus,
  removeAccountFromOrganization,
  leaveOrganization,
  moveAccount,
  renameAccount,
  describeAccount,
  listAccounts,
  listAccountsForParent,
  registerDelegatedAdministrator,
  deregisterDelegatedAdministrator,
  listDelegatedAdministrators,
  listDelegatedServicesForAccount,
  putResourcePolicy,
  describeResourcePolicy,
  deleteResourcePolicy,
  enableAWSServiceAccess,
  disableAWSServiceAccess,
  listAWSServiceAccessForOrganization,
  describeHandshake,
  declineHandshake,
  cancelHandshake,
  acceptHandshake,
  inviteAccountToOrganization,
  listHandshakesForAccount,
  listHandshakesForOrganization,
  getOrganizationView,
  getOrganizationChanges,
  createOrganization,
  describeOrganization,
  deleteOrganization,
  enableAllFeatures,
  listRoots,
  describeOrganizationTree,
  attachPolicy,
  updatePolicyAttachment,
  detachPolicy,
  listPoliciesForTarget,
  listTargetsForPolicy,
  createPolicy,
  updatePolicy,
  deletePolicy,
  enablePolicyType,
  disablePolicyType,
  describePolicy,
  listPolicies,
  describeEffectivePolicy,
  tagResource,
  untagResource,
  listTagsForResource,
  createOrganizationalUnit,
  updateOrganizationalUnit,
  deleteOrganizationalUnit,
  moveOrganizationalUnit,
  describeOrganizationalUnit,
  listOrganizationalUnitsForParent,
  listChildren,
  listParents,
  ...landingZoneHandlers,
  ...detectiveHandlers,
  lookupOrganizationEvents,
];
