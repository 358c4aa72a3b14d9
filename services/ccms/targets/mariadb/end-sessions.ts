/** Ends the sessions of accounts that can no longer log in. */
import { withoutSessions } from '../quiet.ts';
import { quoteAccount } from './quote.ts';
import type { Session } from './session.ts';

/** Answers who still has sessions. */
export function endSessions(session: Session, usernames: readonly string[], host: string): Promise<string[]> {
  return withoutSessions(usernames, async (names) => {
    const busy = new Set<string>();
    for (const username of names) {
      // Answers how many there were; sessions on their way out are counted again.
      const { affected } = await session.run(`KILL HARD CONNECTION USER ${quoteAccount({ username, host })}`);
      if (affected > 0) busy.add(username);
    }
    return busy;
  });
}
