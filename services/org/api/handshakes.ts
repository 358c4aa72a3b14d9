/** Invitations of accounts that stand alone. */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import {
  concurrentModification,
  constraint,
  duplicateHandshake,
  handshakeAlreadyInState,
  handshakeConstraint,
  handshakeNotFound,
  invalidHandshakeTransition,
  invalidInput,
  notInUse,
} from './errors.ts';
import {
  Arn,
  EXAMPLE,
  HandshakeId,
  Notes,
  organizationsTarget,
  pageInput,
  pageOutput,
  pagination,
  shared,
  Tags,
} from './shapes.ts';

const ActionType = oneOf([
  'INVITE',
  'ENABLE_ALL_FEATURES',
  'APPROVE_ALL_FEATURES',
  'ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE',
  'TRANSFER_RESPONSIBILITY',
]);
const PartyType = oneOf(['ACCOUNT', 'ORGANIZATION', 'EMAIL']);
const Party = structure({ Id: text(1, 64), Type: PartyType });

const LeafResource = {
  Value: annotate(z.string(), { audit: 'drop' }).optional(),
  Type: oneOf(['ACCOUNT', 'ORGANIZATION', 'ORGANIZATION_FEATURE_SET', 'EMAIL', 'MASTER_EMAIL', 'MASTER_NAME', 'NOTES']),
};
/** Resources hold resources one level deep: what is told about the organization. */
const Resource = structure({ ...LeafResource, Resources: list(structure(LeafResource), 0, 10).optional() });

const Handshake = annotate(
  structure({
    Id: HandshakeId,
    Arn,
    Parties: list(Party, 0, 2),
    State: oneOf(['REQUESTED', 'OPEN', 'CANCELED', 'ACCEPTED', 'DECLINED', 'EXPIRED']),
    RequestedTimestamp: timestamp(),
    ExpirationTimestamp: timestamp(),
    Action: ActionType,
    Resources: list(Resource, 0, 10),
  }),
  { title: 'Handshake' },
);

const HandshakeFilter = structure({
  ActionType: ActionType.optional(),
  ParentHandshakeId: HandshakeId.optional(),
});

const example = { HandshakeId: EXAMPLE.handshake };
const answer = { ...handshakeNotFound, ...handshakeAlreadyInState, ...invalidHandshakeTransition };

export const InviteAccountToOrganization = defineOperation({
  ...shared,
  name: 'InviteAccountToOrganization',
  doc: 'Invites an account that stands alone, by its id or its e-mail address. The invitation ends after 15 days.',
  input: structure({ Target: Party, Notes: Notes.optional(), Tags: Tags.optional() }),
  output: structure({ Handshake }),
  errors: {
    ...notInUse,
    ...duplicateHandshake,
    ...handshakeConstraint,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: {
    action: 'organizations:InviteAccountToOrganization',
    resource: '*',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  aws: organizationsTarget('InviteAccountToOrganization'),
  examples: [{ title: 'by id', input: { Target: { Id: EXAMPLE.account, Type: 'ACCOUNT' } } }],
});

export const AcceptHandshake = defineOperation({
  ...shared,
  name: 'AcceptHandshake',
  doc: 'Joins the organization that invited the account of the caller. It begins under the root, with its guardrails.',
  input: structure({ HandshakeId }),
  output: structure({ Handshake }),
  errors: { ...answer, ...handshakeConstraint, ...constraint, ...concurrentModification },
  authz: { action: 'organizations:AcceptHandshake', resource: 'organizations:handshake' },
  effect: 'write',
  aws: organizationsTarget('AcceptHandshake'),
  examples: [{ title: 'accept', input: example }],
});

export const DeclineHandshake = defineOperation({
  ...shared,
  name: 'DeclineHandshake',
  doc: 'Refuses an invitation of the account of the caller.',
  input: structure({ HandshakeId }),
  output: structure({ Handshake }),
  errors: { ...answer, ...concurrentModification },
  authz: { action: 'organizations:DeclineHandshake', resource: 'organizations:handshake' },
  effect: 'write',
  aws: organizationsTarget('DeclineHandshake'),
  examples: [{ title: 'decline', input: example }],
});

export const CancelHandshake = defineOperation({
  ...shared,
  name: 'CancelHandshake',
  doc: 'Takes an invitation of the own organization back.',
  input: structure({ HandshakeId }),
  output: structure({ Handshake }),
  errors: { ...answer, ...concurrentModification },
  authz: { action: 'organizations:CancelHandshake', resource: 'organizations:handshake' },
  effect: 'write',
  aws: organizationsTarget('CancelHandshake'),
  examples: [{ title: 'cancel', input: example }],
});

export const DescribeHandshake = defineOperation({
  ...shared,
  name: 'DescribeHandshake',
  doc: 'Describes a handshake to either of its parties.',
  input: structure({ HandshakeId }),
  output: structure({ Handshake }),
  errors: handshakeNotFound,
  authz: { action: 'organizations:DescribeHandshake', resource: 'organizations:handshake' },
  effect: 'read',
  aws: organizationsTarget('DescribeHandshake'),
  examples: [{ title: 'by id', input: example }],
});

export const ListHandshakesForAccount = defineOperation({
  ...shared,
  name: 'ListHandshakesForAccount',
  doc: 'Lists the invitations of the account of the caller: open ones, and those that ended in the last 30 days.',
  input: structure({ Filter: HandshakeFilter.optional(), ...pageInput }),
  output: structure({ Handshakes: list(Handshake, 0, 1000), ...pageOutput }),
  errors: invalidInput,
  authz: { action: 'organizations:ListHandshakesForAccount', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListHandshakesForAccount'),
  pagination,
  examples: [{ title: 'own invitations', input: {} }],
});

export const ListHandshakesForOrganization = defineOperation({
  ...shared,
  name: 'ListHandshakesForOrganization',
  doc: 'Lists the invitations of the organization: open ones, and those that ended in the last 30 days.',
  input: structure({ Filter: HandshakeFilter.optional(), ...pageInput }),
  output: structure({ Handshakes: list(Handshake, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListHandshakesForOrganization', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListHandshakesForOrganization'),
  pagination,
  examples: [{ title: 'of the organization', input: {} }],
});
