/** Ends the sessions of a user who can no longer log in. */
import { setTimeout as pause } from 'node:timers/promises';
import { TargetFailure } from '../failure.ts';
import { quoteName, type Session } from './session.ts';

const ROUNDS = 40;
const PAUSE_MS = 50;
/** A login that had passed its check when the user was locked becomes visible a moment later. */
const EMPTY_ROUNDS = 3;

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

export async function endSessions(session: Session, username: string, where: string): Promise<void> {
  await joinUser(session, username);
  let empty = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = await session.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
      [username],
    );
    empty = rows.length === 0 ? empty + 1 : 0;
    if (empty === EMPTY_ROUNDS) return;
    await pause(PAUSE_MS);
  }
  throw new TargetFailure('sessions-left', where);
}
