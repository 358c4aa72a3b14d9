/** Ends the sessions of an account that can no longer log in. */
import { setTimeout as pause } from 'node:timers/promises';
import { TargetFailure } from '../failure.ts';
import { type Account, quoteAccount } from './quote.ts';
import type { Session } from './session.ts';

const ROUNDS = 40;
const PAUSE_MS = 50;
/** A login that had passed its check when the account was locked becomes visible a moment later. */
const EMPTY_ROUNDS = 3;

export async function endSessions(session: Session, account: Account, where: string): Promise<void> {
  let empty = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    // Answers how many there were; sessions on their way out are counted again.
    const { affected } = await session.run(`KILL HARD CONNECTION USER ${quoteAccount(account)}`);
    empty = affected === 0 ? empty + 1 : 0;
    if (empty === EMPTY_ROUNDS) return;
    await pause(PAUSE_MS);
  }
  throw new TargetFailure('sessions-left', where);
}
