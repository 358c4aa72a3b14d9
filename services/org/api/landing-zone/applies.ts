/** Applies: plans being done, step by step, each step one commit. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { list, structure } from '../../../../platform/contract/shape.ts';
import { invalidInput, notInUse } from '../errors.ts';
import { pageInput, pageOutput, pagination, shared } from '../shapes.ts';
import {
  applyInProgress,
  applyNotFound,
  applyNotResumable,
  planExpired,
  planNotApplicable,
  planNotFound,
  planStale,
} from './errors.ts';
import { Apply, ApplyId, ApplyStep, EXAMPLE_ID, Plan, PlanId, Sha256 } from './shapes.ts';

/** Whoever applies a plan must be permitted everything it does. */
const ACTS = [
  'CreateOrganizationalUnit',
  'UpdateOrganizationalUnit',
  'MoveOrganizationalUnit',
  'DeleteOrganizationalUnit',
  'CreateAccount',
  'RenameAccount',
  'MoveAccount',
  'SuspendAccount',
  'ResumeAccount',
  'CloseAccount',
  'TagResource',
  'UntagResource',
  'CreatePolicy',
  'UpdatePolicy',
  'DeletePolicy',
  'AttachPolicy',
  'UpdatePolicyAttachment',
  'DetachPolicy',
  'EnablePolicyType',
  'EnableAWSServiceAccess',
  'DisableAWSServiceAccess',
  'RegisterDelegatedAdministrator',
  'DeregisterDelegatedAdministrator',
].map((name) => `organizations:${name}`);

export const ApplyPlan = defineOperation({
  ...shared,
  name: 'ApplyPlan',
  doc: 'Begins to do a plan. Needs the permission for every act in it. Each step is one commit, written down as it is done: a crash goes on where it was.',
  input: structure({ PlanId, Sha256 }),
  output: structure({ Apply }),
  errors: {
    ...notInUse,
    ...planNotFound,
    ...planExpired,
    ...planStale,
    ...planNotApplicable,
    ...applyInProgress,
    ...invalidInput,
  },
  authz: { action: 'organizations:ApplyPlan', alsoChecks: ACTS, resource: '*' },
  effect: 'write',
  examples: [{ title: 'what was looked at', input: { PlanId: EXAMPLE_ID.plan, Sha256: 'a'.repeat(64) } }],
});

export const DescribeApply = defineOperation({
  ...shared,
  name: 'DescribeApply',
  doc: 'Tells how far an apply is, with every step.',
  input: structure({ ApplyId, ...pageInput }),
  output: structure({ Apply, Steps: list(ApplyStep, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...applyNotFound, ...invalidInput },
  authz: { action: 'organizations:DescribeApply', resource: '*' },
  effect: 'read',
  pagination: { ...pagination, defaultLimit: 100 },
  examples: [{ title: 'by id', input: { ApplyId: EXAMPLE_ID.apply } }],
});

export const ListApplies = defineOperation({
  ...shared,
  name: 'ListApplies',
  doc: 'Lists the applies of the organization, the newest first.',
  input: structure({ ...pageInput }),
  output: structure({ Applies: list(Apply, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListApplies', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'the newest', input: { MaxResults: 1 } }],
});

export const ResumeApply = defineOperation({
  ...shared,
  name: 'ResumeApply',
  doc: 'Goes on with an apply that stopped at a step, beginning with that step. Needs the permission for what is left.',
  input: structure({ ApplyId }),
  output: structure({ Apply }),
  errors: { ...notInUse, ...applyNotFound, ...applyNotResumable, ...applyInProgress, ...invalidInput },
  authz: { action: 'organizations:ResumeApply', alsoChecks: ACTS, resource: '*' },
  effect: 'write',
  examples: [{ title: 'by id', input: { ApplyId: EXAMPLE_ID.apply } }],
});

export const RollBackApply = defineOperation({
  ...shared,
  name: 'RollBackApply',
  doc: 'Makes a plan that leads back to what was before an apply, for what the apply has touched. It is applied like any other. Accounts that were made stay.',
  input: structure({ ApplyId }),
  output: structure({ Plan }),
  errors: { ...notInUse, ...applyNotFound, ...applyInProgress, ...invalidInput },
  authz: { action: 'organizations:RollBackApply', resource: '*' },
  effect: 'write',
  examples: [{ title: 'by id', input: { ApplyId: EXAMPLE_ID.apply } }],
});
