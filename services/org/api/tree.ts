/** The whole tree in one list, for consoles and plans. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, structure, text } from '../../../platform/contract/shape.ts';
import { invalidInput, notInUse } from './errors.ts';
import {
  AccountState,
  AttachmentMode,
  NodeType,
  ParentId,
  Path,
  PolicyId,
  PolicyType,
  pageInput,
  pageOutput,
  pagination,
  shared,
  TargetId,
} from './shapes.ts';

const Node = annotate(
  structure({
    Id: TargetId,
    Type: NodeType,
    Name: text(1, 128),
    /** Absent for the root. */
    ParentId: ParentId.optional(),
    Path,
    /** Accounts only. */
    State: AccountState.optional(),
    /** What is attached to the node itself; only where it was asked for. */
    Policies: list(structure({ PolicyId, Type: PolicyType, Mode: AttachmentMode }), 0, 200).optional(),
  }),
  { title: 'TreeNode' },
);

export const DescribeOrganizationTree = defineOperation({
  ...shared,
  name: 'DescribeOrganizationTree',
  doc: 'The tree as a list: the root, then units, then accounts, each in the order of their ids; parents come by ParentId. All pages are of one organization, not of one moment: Revision tells when something changed in between.',
  input: structure({ ExpandPolicies: flag().optional(), ...pageInput }),
  output: structure({
    /** Grows with every change of tree, states and policies. */
    Revision: integer(0, Number.MAX_SAFE_INTEGER),
    Nodes: list(Node, 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:DescribeOrganizationTree', resource: '*' },
  effect: 'read',
  rest: { method: 'GET', path: '/v1/org/tree' },
  pagination: { ...pagination, defaultLimit: 1000 },
  examples: [{ title: 'with policies', input: { ExpandPolicies: true } }],
});
