/**
 * What org answers to our own services only: the organization as the evaluation of guardrails needs it, and the wait
 * that keeps every node's view of it at most a second old.
 */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, annotate, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';

const REVISION = integer(0, Number.MAX_SAFE_INTEGER);
const NodeId = text(1, 64);

export const GUARDRAIL_TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;
export const ACCOUNT_STATES = ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'] as const;

const objects = {
  Units: list(structure({ Id: NodeId, ParentId: NodeId, Name: text(1, 128) }), 0, 100_000),
  /** Members, and accounts that stand alone but are not ACTIVE. ParentId is absent for those. */
  Accounts: list(
    structure({
      Id: AccountId,
      ParentId: NodeId.optional(),
      State: oneOf(ACCOUNT_STATES),
      /** While suspended, other accounts may go on using its keys and secrets. */
      KeepCrossAccountUse: flag(),
    }),
    0,
    100_000,
  ),
  Policies: list(
    structure({
      Id: NodeId,
      Arn: text(1, 2048),
      Name: text(1, 128),
      Type: oneOf(GUARDRAIL_TYPES),
      /** Changes with the document. */
      Version: text(1, 64),
      Document: annotate(z.string(), { audit: 'drop' }),
    }),
    0,
    100_000,
  ),
  Attachments: list(
    structure({
      /** Root, unit or account. */
      TargetId: NodeId,
      PolicyId: NodeId,
      /** observe: what it would deny is recorded and counted, nothing is refused. */
      Mode: oneOf(['enforce', 'observe']),
    }),
    0,
    1_000_000,
  ),
};

export const GetOrganizationView = defineOperation({
  name: 'GetOrganizationView',
  service: 'org',
  doc: 'The whole organization at one revision: tree, account states, guardrails and where they are attached.',
  input: structure({}),
  output: structure({
    Revision: REVISION,
    /** Absent: there is no organization, every account stands alone and no guardrail binds anybody. */
    Organization: structure({ Id: text(1, 64), RootId: NodeId, ManagementAccountId: AccountId }).optional(),
    EnabledPolicyTypes: list(oneOf(GUARDRAIL_TYPES), 0, 2),
    ...objects,
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'the view', input: {} }],
});

export const GetOrganizationChanges = defineOperation({
  name: 'GetOrganizationChanges',
  service: 'org',
  doc: 'The revision of the organization and what changed since `Since`; waits for the next change when there is none.',
  input: structure({ Since: REVISION, WaitMilliseconds: integer(0, 1000) }),
  output: structure({
    Revision: REVISION,
    /** Absent: nothing changed, or more than is told apart; then the whole view is read. */
    Changes: structure({
      /** Roots, units, accounts and policies that changed; what is in none of the lists is gone. */
      Objects: list(NodeId, 0, 1000),
      ...objects,
    }).optional(),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'follow', input: { Since: 41, WaitMilliseconds: 500 } }],
});
