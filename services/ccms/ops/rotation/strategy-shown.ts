import type { CcmsDeps } from '../../deps.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import type { Grant } from '../../targets/mariadb/grants.ts';
import { targetOf } from './target-rotator.ts';

/** A strategy as it was given; a target that is gone has no name any more. */
export async function strategyShown(deps: CcmsDeps, accountId: string, column: string) {
  const strategy = readStrategy(column);
  const GraceSeconds = Math.floor(strategy.graceMs / 1000);
  if (strategy.kind === 'function') return { Function: { Arn: strategy.arn }, GraceSeconds };
  if (strategy.kind === 'access-key')
    return { AccessKey: { UserName: strategy.userName, RoleArn: strategy.roleArn }, GraceSeconds };
  const target = await targetOf(deps, accountId, strategy);
  const { users, ownerRole, rules, testStatement } = strategy;
  const grants = strategy.grants as readonly Grant[] | undefined;
  return {
    Target: {
      Name: target?.row.name ?? 'deleted',
      ...(users.length === 2 ? { Users: [...users] } : { User: users[0] as string }),
      ...(ownerRole !== undefined && { OwnerRole: ownerRole }),
      ...(grants && {
        Grants: grants.map(({ privileges, database, table }) => ({
          Privileges: [...privileges],
          Database: database,
          ...(table !== undefined && { Table: table }),
        })),
      }),
      ...(rules && { Rules: [...rules] }),
      ...(testStatement !== undefined && { TestStatement: testStatement }),
    },
    GraceSeconds,
  };
}
