/**
 * The authorization matrix: for every public operation, who asks and what must come of it. Pure data, made from the
 * declarations alone, so that an operation cannot be added without being asked about; `test/matrix` puts every case to
 * a running server.
 */
import type { AnyOperation } from '../platform/contract/operation.ts';
import { configOperations } from '../services/org/api/config.ts';

export const ACTORS = [
  'no credentials',
  'a wrong signature',
  'a deactivated key',
  'a user without policies',
  'a user allowed exactly this',
  'a user allowed exactly this and denied it',
  'a user allowed everything else',
  'a user allowed this elsewhere',
  'the administrator of another account',
  'the administrator of a member account',
] as const;

type Actor = (typeof ACTORS)[number];

/**
 * unauthenticated: 401. denied: 403 with a decision id. permitted: neither of them, whatever the operation makes of it.
 * outside: told that the account is in no organization, and nothing about the organization.
 * hidden: what the same caller is answered about an object that does not exist, and nothing about this account.
 */
type Outcome = 'unauthenticated' | 'denied' | 'permitted' | 'hidden' | 'outside';

/** exact: the resources of the request and no others; elsewhere: other ones of the same kind; any: `*`. */
export type ResourceScope = 'exact' | 'elsewhere' | 'any';

export interface MatrixStatement {
  Effect: 'Allow' | 'Deny';
  Action?: readonly string[];
  NotAction?: readonly string[];
  resources: ResourceScope;
}

export interface MatrixCase {
  operation: AnyOperation;
  actor: Actor;
  outcome: Outcome;
  /** Identity policy of the actor; absent: the actor is the same for all operations. */
  policy?: readonly MatrixStatement[];
}

/** Operations on the accounts of the installation: of the management account, whoever else may what at home. */
const MANAGEMENT_ONLY: ReadonlySet<string> = new Set([
  'iam CreateAccount',
  'iam ListAccounts',
  'iam IssueRootClaim',
  'org CreateOrganization',
  'kms StartRootRotation',
  'kms DescribeRootRotation',
  'kms RetireRootVersion',
  'audit ReadLogEntries',
  'audit DeclareRestore',
]);

/** Of the organization, what every account may ask about itself; all else is the management account's. */
const OWN_STANDING: ReadonlySet<string> = new Set([
  'AcceptHandshake',
  'DeclineHandshake',
  'CancelHandshake',
  'DescribeHandshake',
  'ListHandshakesForAccount',
  'DescribeOrganization',
  'DescribeEffectivePolicy',
  'LeaveOrganization',
  'LookupOrganizationEvents',
  'TailOrganizationEvents',
  // Every account has resources, rules and verdicts of its own.
  ...Object.keys(configOperations),
]);
const IN_ORGANIZATION = ['DescribeOrganization', 'DescribeEffectivePolicy', 'LeaveOrganization'];

export function matrixCases(operations: readonly AnyOperation[]): MatrixCase[] {
  return operations.flatMap((operation) =>
    ACTORS.flatMap((actor) => {
      const outcome = outcomeOf(operation, actor);
      if (outcome === undefined) return [];
      const policy = policyOf(operation, actor);
      return [{ operation, actor, outcome, ...(policy && { policy }) }];
    }),
  );
}

/** Undefined where the question makes no sense: there is no elsewhere without a resource. */
function outcomeOf(operation: AnyOperation, actor: Actor): Outcome | undefined {
  const { authz } = operation;
  switch (actor) {
    case 'no credentials':
      return authz === 'public' ? 'permitted' : 'unauthenticated';
    case 'a wrong signature':
    case 'a deactivated key':
      return 'unauthenticated';
    case 'a user allowed exactly this':
      return 'permitted';
    case 'the administrator of another account':
      if (authz === 'public') return 'permitted';
      if (MANAGEMENT_ONLY.has(`${operation.area} ${operation.name}`)) return 'denied';
      return asksAboutMembership(operation) ? 'outside' : 'hidden';
    case 'the administrator of a member account':
      return operation.area === 'org' && !OWN_STANDING.has(operation.name) ? 'denied' : undefined;
    case 'a user allowed this elsewhere':
      return typeof authz === 'object' && authz.resource !== '*' ? 'denied' : undefined;
    default:
      // Operations for every valid caller ask no policy, so none can deny them.
      return typeof authz === 'object' ? 'denied' : 'permitted';
  }
}

function asksAboutMembership({ area, name }: AnyOperation): boolean {
  return area === 'org' && (IN_ORGANIZATION.includes(name) || !OWN_STANDING.has(name));
}

function policyOf({ authz }: AnyOperation, actor: Actor): readonly MatrixStatement[] | undefined {
  if (typeof authz !== 'object') return undefined;
  const actions = [authz.action, ...(authz.alsoChecks ?? [])];
  const exact = authz.resource === '*' ? 'any' : 'exact';
  const allow: MatrixStatement = { Effect: 'Allow', Action: actions, resources: exact };
  switch (actor) {
    case 'a user allowed exactly this':
      return [allow];
    case 'a user allowed exactly this and denied it':
      return [allow, { Effect: 'Deny', Action: [authz.action], resources: exact }];
    case 'a user allowed everything else':
      return [{ Effect: 'Allow', NotAction: actions, resources: 'any' }];
    case 'a user allowed this elsewhere':
      return [{ Effect: 'Allow', Action: actions, resources: 'elsewhere' }];
    default:
      return undefined;
  }
}
