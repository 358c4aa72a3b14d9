/**
 * What the jobs of this service record. Not operations anybody can call: they give the records of what happens
 * without a request their names and shapes, where AWS has them under the same names.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { CreateAccountRequestId, shared } from './shapes.ts';

const result = { ...shared, authz: 'internal', effect: 'write', examples: [] } as const;

export const CreateAccountResult = defineOperation({
  ...result,
  name: 'CreateAccountResult',
  doc: 'An account that was asked for is ready, or cannot be made.',
  input: structure({
    CreateAccountRequestId,
    AccountId,
    State: oneOf(['SUCCEEDED', 'FAILED']),
    FailureReason: text(1, 64).optional(),
  }),
});

export const CloseAccountResult = defineOperation({
  ...result,
  name: 'CloseAccountResult',
  doc: 'An account that was being closed is closed.',
  input: structure({ AccountId }),
});

export const AccountDepartedOrganization = defineOperation({
  ...result,
  name: 'AccountDepartedOrganization',
  doc: 'The time of grace of a closed account is over, and it has left the organization for good.',
  input: structure({ AccountId }),
});
