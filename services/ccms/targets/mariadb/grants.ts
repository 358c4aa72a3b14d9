/** What users may do at MariaDB: there the rotator cannot set another user's default role, so both are granted directly. */
import { PRIVILEGES } from '../../domain/rotation/privileges.ts';
import { TargetFailure } from '../failure.ts';
import { type Account, quoteAccount, quoteName } from './quote.ts';
import type { Session } from './session.ts';

export interface Grant {
  readonly privileges: readonly [(typeof PRIVILEGES)[number], ...(typeof PRIVILEGES)[number][]];
  readonly database: string;
  /** Without it the whole database. */
  readonly table?: string;
}

export function grantStatement(grant: Grant, account: Account, where: string): string {
  // Privileges cannot be quoted, and types are gone when the configuration comes from outside.
  if (grant.privileges.length === 0 || grant.privileges.some((privilege) => !PRIVILEGES.includes(privilege)))
    throw new TargetFailure('statement-refused', where);
  const object =
    grant.table === undefined
      ? `${databasePattern(grant.database)}.*`
      : `${quoteName(grant.database)}.${quoteName(grant.table)}`;
  return `GRANT ${grant.privileges.join(', ')} ON ${object} TO ${quoteAccount(account)}`;
}

/** In GRANT ... ON db.* the name is a pattern: `_` and `%` must stand for themselves. */
function databasePattern(name: string): string {
  return quoteName(name.replaceAll('\\', '\\\\').replaceAll('_', '\\_').replaceAll('%', '\\%'));
}

/**
 * What the session's own user may do, in a form that is equal for two users with equal rights. Nobody needs a
 * privilege to ask this about itself.
 */
export async function ownGrants(session: Session, account: Account): Promise<string[]> {
  const self = `${quoteName(account.username)}@${quoteName(account.host)}`;
  const rows = await session.rows('SHOW GRANTS');
  return rows
    .map((row) => String(Object.values(row)[0]).replace(` TO ${self}`, ' TO SELF'))
    .map((line) => line.replace(/ IDENTIFIED (BY PASSWORD|VIA \w+ USING) '[^']*'/, ''))
    .sort();
}
