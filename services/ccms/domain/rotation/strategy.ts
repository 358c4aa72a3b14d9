/**
 * How a secret gets its next value: at a database, as an access key of a user, or by a function. A run keeps the
 * strategy it began with, so that what it made is closed in the place where it was made.
 */

export interface TargetStrategy {
  readonly kind: 'target';
  readonly targetId: string;
  /** PostgreSQL and MariaDB: two that take turns. Redis: one, that has two passwords. */
  readonly users: readonly string[];
  readonly ownerRole?: string;
  readonly grants?: readonly { privileges: readonly string[]; database: string; table?: string }[];
  readonly rules?: readonly string[];
  readonly testStatement?: string;
}

export interface AccessKeyStrategy {
  readonly kind: 'access-key';
  readonly userName: string;
  readonly roleArn: string;
}

export interface FunctionStrategy {
  readonly kind: 'function';
  readonly functionId: string;
  readonly arn: string;
}

export type Strategy = (TargetStrategy | AccessKeyStrategy | FunctionStrategy) & {
  /** How long the outgoing credential goes on working, if the overlap of consumers is not longer. */
  readonly graceMs: number;
};

/** As a row holds it; members in the order of the declaration above, so that equal strategies are equal texts. */
export function strategyColumn(strategy: Strategy): string {
  return JSON.stringify(strategy);
}

export function readStrategy(column: string): Strategy {
  return JSON.parse(column) as Strategy;
}

/** What runs wait for in common: one target that is down must not hold the others up. */
export function laneOf(strategy: Strategy): string {
  if (strategy.kind === 'target') return `target/${strategy.targetId}`;
  return strategy.kind === 'function' ? `function/${strategy.functionId}` : `access-key/${strategy.roleArn}`;
}

export type Engine = 'postgres' | 'mariadb' | 'redis';

/** Why a strategy does not fit the kind of database; the database itself judges names when it sees them. */
export function targetProblem(engine: Engine, strategy: Omit<TargetStrategy, 'targetId' | 'kind'>): string | undefined {
  const { users, ownerRole, grants, rules, testStatement } = strategy;
  if (engine === 'redis') {
    if (users.length !== 1) return 'a Redis target has one User, with two passwords';
    if (rules === undefined) return 'a Redis target needs Rules: what the user may do';
    if (testStatement !== undefined) return 'a Redis target takes no TestStatement';
  } else {
    if (users.length !== 2 || users[0] === users[1]) return 'the target needs two different Users, who take turns';
    if (rules !== undefined) return 'Rules are for Redis targets';
  }
  if (engine === 'postgres') {
    if (ownerRole === undefined) return 'a PostgreSQL target needs an OwnerRole: as whom both users act';
    if (users.includes(ownerRole)) return 'the OwnerRole is none of the Users';
  } else if (ownerRole !== undefined) return 'OwnerRole is for PostgreSQL targets';
  if (engine === 'mariadb') return grants === undefined ? 'a MariaDB target needs Grants for its users' : undefined;
  return grants === undefined ? undefined : 'Grants are for MariaDB targets';
}
