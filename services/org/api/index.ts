/** Everything the org service can be asked, by name. Operations whose `authz` is `internal` are for our own services. */
import { CloseAccount, ReinstateAccount, ResumeAccount, SuspendAccount } from './account-states.ts';
import {
  CreateAccount,
  DescribeAccount,
  DescribeCreateAccountStatus,
  ListAccounts,
  ListAccountsForParent,
  ListCreateAccountStatus,
  MoveAccount,
  RemoveAccountFromOrganization,
  RenameAccount,
} from './accounts.ts';
import {
  AttachPolicy,
  DetachPolicy,
  ListPoliciesForTarget,
  ListTargetsForPolicy,
  UpdatePolicyAttachment,
} from './attachments.ts';
import { configOperations } from './config.ts';
import {
  DeregisterDelegatedAdministrator,
  DisableAWSServiceAccess,
  EnableAWSServiceAccess,
  ListAWSServiceAccessForOrganization,
  ListDelegatedAdministrators,
  ListDelegatedServicesForAccount,
  RegisterDelegatedAdministrator,
} from './delegation.ts';
import {
  AcceptHandshake,
  CancelHandshake,
  DeclineHandshake,
  DescribeHandshake,
  InviteAccountToOrganization,
  ListHandshakesForAccount,
  ListHandshakesForOrganization,
} from './handshakes.ts';
import { GetOrganizationChanges, GetOrganizationView } from './internal.ts';
import { landingZoneOperations } from './landing-zone.ts';
import {
  CreateOrganization,
  DeleteOrganization,
  DescribeOrganization,
  EnableAllFeatures,
  LeaveOrganization,
  ListRoots,
} from './organization.ts';
import {
  CreatePolicy,
  DeletePolicy,
  DescribeEffectivePolicy,
  DescribePolicy,
  DisablePolicyType,
  EnablePolicyType,
  ListPolicies,
  UpdatePolicy,
} from './policies.ts';
import { LookupOrganizationEvents } from './records.ts';
import { DeleteResourcePolicy, DescribeResourcePolicy, PutResourcePolicy } from './resource-policy.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tags.ts';
import { DescribeOrganizationTree } from './tree.ts';
import {
  CreateOrganizationalUnit,
  DeleteOrganizationalUnit,
  DescribeOrganizationalUnit,
  ListChildren,
  ListOrganizationalUnitsForParent,
  ListParents,
  MoveOrganizationalUnit,
  UpdateOrganizationalUnit,
} from './units.ts';

export const orgApi = {
  GetOrganizationView,
  GetOrganizationChanges,
  CreateOrganization,
  DescribeOrganization,
  DeleteOrganization,
  EnableAllFeatures,
  LeaveOrganization,
  ListRoots,
  CreateOrganizationalUnit,
  DescribeOrganizationalUnit,
  UpdateOrganizationalUnit,
  DeleteOrganizationalUnit,
  MoveOrganizationalUnit,
  ListOrganizationalUnitsForParent,
  ListChildren,
  ListParents,
  CreateAccount,
  DescribeCreateAccountStatus,
  ListCreateAccountStatus,
  DescribeAccount,
  ListAccounts,
  ListAccountsForParent,
  MoveAccount,
  RenameAccount,
  RemoveAccountFromOrganization,
  SuspendAccount,
  ResumeAccount,
  CloseAccount,
  ReinstateAccount,
  CreatePolicy,
  UpdatePolicy,
  DeletePolicy,
  DescribePolicy,
  ListPolicies,
  EnablePolicyType,
  DisablePolicyType,
  DescribeEffectivePolicy,
  AttachPolicy,
  UpdatePolicyAttachment,
  DetachPolicy,
  ListPoliciesForTarget,
  ListTargetsForPolicy,
  InviteAccountToOrganization,
  AcceptHandshake,
  DeclineHandshake,
  CancelHandshake,
  DescribeHandshake,
  ListHandshakesForAccount,
  ListHandshakesForOrganization,
  EnableAWSServiceAccess,
  DisableAWSServiceAccess,
  ListAWSServiceAccessForOrganization,
  RegisterDelegatedAdministrator,
  DeregisterDelegatedAdministrator,
  ListDelegatedAdministrators,
  ListDelegatedServicesForAccount,
  PutResourcePolicy,
  DescribeResourcePolicy,
  DeleteResourcePolicy,
  TagResource,
  UntagResource,
  ListTagsForResource,
  DescribeOrganizationTree,
  ...landingZoneOperations,
  ...configOperations,
  LookupOrganizationEvents,
} as const;

export type OrgApi = typeof orgApi;
