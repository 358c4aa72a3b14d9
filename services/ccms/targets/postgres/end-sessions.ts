/** Ends the sessions of users who can no longer log in. */
import { withoutSessions } from '../quiet.ts';
import { quoteName, type Session } from './session.ts';

/**
 * Membership lets a rotator that is no superuser signal the sessions and take over what they own. A superuser has the
 * right already, and becoming a member of somebody who is a member of oneself is refused.
 */
export async function joinUser(session: Session, username: string): Promise<void> {
  const [row] = await session.query(
    "SELECT pg_has_role(current_user, oid, 'USAGE') AS member FROM pg_roles WHERE rolname = $1",
    [username],
  );
  if (row !== undefined && row.member !== true) await session.query(`GRANT ${quoteName(username)} TO CURRENT_USER`);
}

/** Of users that were joined. Answers who still has sessions. */
export function endSessions(session: Session, usernames: readonly string[]): Promise<string[]> {
  return withoutSessions(usernames, async (names) => {
    const rows = await session.query(
      `SELECT usename::text AS username, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename::text = ANY($1::text[]) AND pid <> pg_backend_pid()`,
      [names],
    );
    return new Set(rows.map((row) => String(row.username)));
  });
}
