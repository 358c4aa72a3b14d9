/** What the wire of AWS Organizations does differently from the other JSON services. */
import type { InputIssue, ServiceError } from '../../platform/contract/error.ts';

/** Common errors under the names of its model: it has neither ValidationException nor ThrottlingException. */
export const ORGANIZATIONS_NAMES: Readonly<Record<string, string>> = {
  Validation: 'InvalidInputException',
  TooManyRequests: 'TooManyRequestsException',
  Conflict: 'ConcurrentModificationException',
  Unavailable: 'ServiceException',
  Internal: 'ServiceException',
};

const REASONS: Readonly<Record<InputIssue['rule'], string>> = {
  required: 'INPUT_REQUIRED',
  type: 'INVALID_PATTERN',
  minimum: 'MIN_VALUE_EXCEEDED',
  maximum: 'MAX_VALUE_EXCEEDED',
  minLength: 'MIN_LENGTH_EXCEEDED',
  maxLength: 'MAX_LENGTH_EXCEEDED',
  pattern: 'INVALID_PATTERN',
  enum: 'INVALID_ENUM',
  unknown: 'INVALID_PATTERN',
  unsupported: 'INVALID_PATTERN',
  custom: 'INVALID_PATTERN',
};

/** Members whose broken constraint has a reason of its own. */
const SPECIAL: Readonly<Record<string, string>> = {
  'enum PolicyType': 'INVALID_ENUM_POLICY_TYPE',
  'enum Type': 'INVALID_ENUM_POLICY_TYPE',
  'enum Filter': 'INVALID_ENUM_POLICY_TYPE',
  // The model of AWS has no least length for ids: only their pattern is broken.
  'minLength AccountId': 'INVALID_PATTERN',
  'pattern TargetId': 'INVALID_PATTERN_TARGET_ID',
  'pattern PolicyId': 'INVALID_SYNTAX_POLICY_ID',
  'pattern RoleName': 'INVALID_ROLE_NAME',
};

/** The member `Reason` of an error; undefined where it has none. */
export function reasonOf(error: ServiceError): string | undefined {
  const issue = error.code === 'Validation' ? error.details.issues?.[0] : undefined;
  if (!issue) return error.code === 'Validation' ? 'INVALID_PATTERN' : error.details.reason;
  const member = issue.path.filter((step) => typeof step === 'string').at(-1);
  return SPECIAL[`${issue.rule} ${member}`] ?? REASONS[issue.rule];
}
