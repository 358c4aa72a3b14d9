/** Waits until users who can no longer log in have no sessions left: as long for many as for one. */
import { setTimeout as pause } from 'node:timers/promises';

const ROUNDS = 40;
const PAUSE_MS = 50;
/** A login that had passed its check when the user was locked becomes visible a moment later. */
const EMPTY_ROUNDS = 3;

/**
 * @param end ends the sessions of users, and answers who had some
 * @returns who still has some
 */
export async function withoutSessions(
  usernames: readonly string[],
  end: (usernames: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<string[]> {
  const emptyRounds = new Map(usernames.map((username) => [username, 0]));
  for (let round = 0; round < ROUNDS && emptyRounds.size > 0; round += 1) {
    if (round > 0) await pause(PAUSE_MS);
    const busy = await end([...emptyRounds.keys()]);
    for (const [username, empty] of emptyRounds) {
      if (busy.has(username)) emptyRounds.set(username, 0);
      else if (empty + 1 === EMPTY_ROUNDS) emptyRounds.delete(username);
      else emptyRounds.set(username, empty + 1);
    }
  }
  return [...emptyRounds.keys()];
}
