/**
 * Once after a declared restore: lists of revoked certificates are made anew, with numbers that no list from after the backup
 * had. Numbers follow the clock as well; this counts where a clock was set back. Serial numbers are random, so none repeats.
 * Orders, here and at outside CAs, are taken up by their jobs where they are; nonces of ACME from before are not taken any more
 * (`useNonce`).
 */
import type { AnyTransaction } from '../../platform/store/index.ts';
import type { PcaDeps } from './deps.ts';
import { jumpAhead } from './store/revocation/list-queries.ts';

export const NUMBERS_AHEAD = 2 ** 20;

export async function afterRestore(tx: AnyTransaction, { clock }: PcaDeps): Promise<undefined> {
  await jumpAhead(tx, NUMBERS_AHEAD, clock.now());
  return undefined;
}
