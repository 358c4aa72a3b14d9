/** Services the organization trusts, and member accounts that administer one of them for all. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, annotate, list, structure, timestamp } from '../../../platform/contract/shape.ts';
import {
  accountAlreadyRegistered,
  accountNotFound,
  accountNotRegistered,
  concurrentModification,
  constraint,
  invalidInput,
  notInUse,
} from './errors.ts';
import {
  accountMembers,
  EXAMPLE,
  organizationsTarget,
  pageInput,
  pageOutput,
  pagination,
  ServicePrincipal,
  shared,
} from './shapes.ts';

const conditions = ['organizations:ServicePrincipal'] as const;
const service = { ServicePrincipal: 'config.amazonaws.com' };
const both = { AccountId: EXAMPLE.account, ...service };

export const EnableAWSServiceAccess = defineOperation({
  ...shared,
  name: 'EnableAWSServiceAccess',
  doc: 'Lets a service act across the organization. Enabling it again changes nothing.',
  input: structure({ ServicePrincipal }),
  errors: { ...notInUse, ...constraint, ...invalidInput, ...concurrentModification },
  authz: { action: 'organizations:EnableAWSServiceAccess', resource: '*', conditions },
  effect: 'write',
  aws: organizationsTarget('EnableAWSServiceAccess'),
  examples: [{ title: 'trust', input: service }],
});

export const DisableAWSServiceAccess = defineOperation({
  ...shared,
  name: 'DisableAWSServiceAccess',
  doc: 'Ends the trust in a service; its delegated administrators are deregistered.',
  input: structure({ ServicePrincipal }),
  errors: { ...notInUse, ...constraint, ...invalidInput, ...concurrentModification },
  authz: { action: 'organizations:DisableAWSServiceAccess', resource: '*', conditions },
  effect: 'write',
  aws: organizationsTarget('DisableAWSServiceAccess'),
  examples: [{ title: 'end', input: service }],
});

export const ListAWSServiceAccessForOrganization = defineOperation({
  ...shared,
  name: 'ListAWSServiceAccessForOrganization',
  doc: 'Lists the services the organization trusts.',
  input: structure({ ...pageInput }),
  output: structure({
    EnabledServicePrincipals: list(structure({ ServicePrincipal, DateEnabled: timestamp() }), 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListAWSServiceAccessForOrganization', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListAWSServiceAccessForOrganization'),
  pagination,
  examples: [{ title: 'trusted services', input: {} }],
});

export const RegisterDelegatedAdministrator = defineOperation({
  ...shared,
  name: 'RegisterDelegatedAdministrator',
  doc: 'Makes a member administer a trusted service for the organization. It may then read the organization.',
  input: structure({ AccountId, ServicePrincipal }),
  errors: {
    ...notInUse,
    ...accountNotFound,
    ...accountAlreadyRegistered,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:RegisterDelegatedAdministrator', resource: 'organizations:account', conditions },
  effect: 'write',
  aws: organizationsTarget('RegisterDelegatedAdministrator'),
  examples: [{ title: 'register', input: both }],
});

export const DeregisterDelegatedAdministrator = defineOperation({
  ...shared,
  name: 'DeregisterDelegatedAdministrator',
  doc: 'Takes the administration of a service back from a member.',
  input: structure({ AccountId, ServicePrincipal }),
  errors: {
    ...notInUse,
    ...accountNotFound,
    ...accountNotRegistered,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:DeregisterDelegatedAdministrator', resource: 'organizations:account', conditions },
  effect: 'write',
  aws: organizationsTarget('DeregisterDelegatedAdministrator'),
  examples: [{ title: 'deregister', input: both }],
});

export const ListDelegatedAdministrators = defineOperation({
  ...shared,
  name: 'ListDelegatedAdministrators',
  doc: 'Lists the members that administer a service, or any service, for the organization.',
  input: structure({ ServicePrincipal: ServicePrincipal.optional(), ...pageInput }),
  output: structure({
    DelegatedAdministrators: list(
      annotate(structure({ ...accountMembers, DelegationEnabledDate: timestamp() }), {
        title: 'DelegatedAdministrator',
      }),
      0,
      1000,
    ),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListDelegatedAdministrators', resource: '*', conditions },
  effect: 'read',
  aws: organizationsTarget('ListDelegatedAdministrators'),
  pagination,
  examples: [{ title: 'of a service', input: service }],
});

export const ListDelegatedServicesForAccount = defineOperation({
  ...shared,
  name: 'ListDelegatedServicesForAccount',
  doc: 'Lists the services a member administers for the organization.',
  input: structure({ AccountId, ...pageInput }),
  output: structure({
    DelegatedServices: list(structure({ ServicePrincipal, DelegationEnabledDate: timestamp() }), 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...accountNotFound, ...accountNotRegistered, ...invalidInput },
  authz: { action: 'organizations:ListDelegatedServicesForAccount', resource: 'organizations:account' },
  effect: 'read',
  aws: organizationsTarget('ListDelegatedServicesForAccount'),
  pagination,
  examples: [{ title: 'of a member', input: { AccountId: EXAMPLE.account } }],
});
