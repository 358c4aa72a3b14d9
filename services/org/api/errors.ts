/** Errors of the org operations under their native names, with the exact names of AWS Organizations. */

const error = <Code extends string>(code: Code, status: number, doc: string, aws = `${code}Exception`) =>
  ({ [code]: { status, aws, doc } }) as { [Name in Code]: { status: number; aws: string; doc: string } };

export const notInUse = error(
  'OrganizationsNotInUse',
  409,
  'The account of the caller belongs to no organization.',
  'AWSOrganizationsNotInUseException',
);
export const alreadyInOrganization = error(
  'AlreadyInOrganization',
  409,
  'There is an organization already; an installation has one at most.',
);
export const organizationNotEmpty = error('OrganizationNotEmpty', 409, 'The organization has other members.');
export const rootNotFound = error('RootNotFound', 404, 'The organization has no such root.');
export const parentNotFound = error('ParentNotFound', 404, 'The organization has no such root or unit.');
export const childNotFound = error('ChildNotFound', 404, 'The organization has no such unit or account.');
export const unitNotFound = error('OrganizationalUnitNotFound', 404, 'The organization has no such unit.');
export const unitNotEmpty = error('OrganizationalUnitNotEmpty', 409, 'The unit holds units or accounts.');
export const duplicateUnit = error(
  'DuplicateOrganizationalUnit',
  409,
  'A sibling has the name; names of siblings are unique without letter case.',
);
export const sourceParentNotFound = error('SourceParentNotFound', 404, 'It is not a child of the source parent.');
export const destinationParentNotFound = error(
  'DestinationParentNotFound',
  404,
  'The organization has no such root or unit to move to.',
);
export const duplicateAccount = error('DuplicateAccount', 409, 'The account is a child of the destination already.');
export const accountNotFound = error('AccountNotFound', 404, 'The account is not a member of the organization.');
export const accountAlreadyClosed = error('AccountAlreadyClosed', 409, 'The account is closed.');
export const conflict = error(
  'AccountConflict',
  409,
  'The state of the account does not allow it.',
  'ConflictException',
);
export const createAccountStatusNotFound = error(
  'CreateAccountStatusNotFound',
  404,
  'The organization has no such request for an account.',
);
export const masterCannotLeave = error(
  'MasterCannotLeaveOrganization',
  409,
  'The management account stays until the organization is deleted.',
);
export const handshakeNotFound = error('HandshakeNotFound', 404, 'The caller is no party of such a handshake.');
export const handshakeAlreadyInState = error('HandshakeAlreadyInState', 409, 'The handshake ended in this state.');
export const invalidHandshakeTransition = error(
  'InvalidHandshakeTransition',
  409,
  'The handshake cannot go to this state from the one it is in.',
);
export const duplicateHandshake = error('DuplicateHandshake', 409, 'An invitation of the account is open.');
export const handshakeConstraint = error(
  'HandshakeConstraintViolation',
  409,
  'A rule of handshakes is broken; the reason says which.',
);
export const policyNotFound = error('PolicyNotFound', 404, 'The organization has no such policy.');
export const duplicatePolicy = error('DuplicatePolicy', 409, 'A policy of the type has the name.');
export const policyInUse = error('PolicyInUse', 409, 'The policy is attached; detach it first.');
export const malformedPolicy = error(
  'MalformedPolicyDocument',
  400,
  'The document is not a valid policy of its type; details.findings hold every fault.',
);
export const targetNotFound = error('TargetNotFound', 404, 'The organization has no such root, unit or account.');
export const duplicateAttachment = error('DuplicatePolicyAttachment', 409, 'The policy is attached there already.');
export const policyNotAttached = error('PolicyNotAttached', 409, 'The policy is not attached there.');
export const policyTypeNotEnabled = error('PolicyTypeNotEnabled', 409, 'The policy type is not enabled.');
export const policyTypeAlreadyEnabled = error('PolicyTypeAlreadyEnabled', 409, 'The policy type is enabled already.');
export const policyTypeNotAvailable = error(
  'PolicyTypeNotAvailableForOrganization',
  400,
  'The product has no policies of the type.',
);
export const effectivePolicyNotFound = error(
  'EffectivePolicyNotFound',
  404,
  'The account has no effective policy of the type.',
);
export const resourcePolicyNotFound = error('ResourcePolicyNotFound', 404, 'The organization has no resource policy.');
export const accountAlreadyRegistered = error(
  'AccountAlreadyRegistered',
  409,
  'The account is a delegated administrator of the service already.',
);
export const accountNotRegistered = error(
  'AccountNotRegistered',
  409,
  'The account is no delegated administrator of the service.',
);
export const constraint = error(
  'ConstraintViolation',
  409,
  'A limit or rule of the organization is reached; the reason says which.',
);
export const invalidInput = error(
  'InvalidInput',
  400,
  'A value is well-formed but cannot be used here; the reason says why.',
);
export const concurrentModification = error(
  'ConcurrentModification',
  409,
  'Another request is changing the same thing; try again.',
);
