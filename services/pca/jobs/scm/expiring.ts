/**
 * Where certificates that expire are found, a bounded number at a time, each by the index of its table. A place is where
 * the walk goes on; issued certificates are walked account by account, because that is how their index is.
 */
import type { PcaDeps } from '../../deps.ts';
import { nextAccount } from '../../store/scm/expiry-walks.ts';
import { listExpiring, type Place } from '../../store/search/certificate-search.ts';
import { listKeptExpiringOfAll } from '../../store/search/kept-search.ts';
import { asIssued, asKept, type Listed } from '../../store/search/listed.ts';

export interface Window {
  /** Certificates that expire later than this, */
  from: number;
  /** and not later than this. */
  until: number;
}

export interface Found {
  listed: Listed[];
  /** Undefined: nothing is left. */
  position: string | undefined;
}

export type Expiring = (deps: PcaDeps, window: Window, position: string | undefined, limit: number) => Promise<Found>;

const ofKept: Expiring = async ({ store }, window, position, limit) => {
  const after = position === undefined ? undefined : (JSON.parse(position) as Place);
  const rows = await listKeptExpiringOfAll(store.read, window, { after, limit });
  const last = rows.at(-1);
  const isEnd = rows.length < limit || !last;
  return {
    listed: rows.map(asKept),
    position: isEnd ? undefined : JSON.stringify([last.not_after, last.certificate_id]),
  };
};

interface AccountPlace {
  account: string;
  after?: Place;
}

/** Accounts in which nothing expires are passed over without a step of their own. */
const ofIssued: Expiring = async ({ store }, { from, until }, position, limit) => {
  let at: AccountPlace | undefined = position === undefined ? undefined : (JSON.parse(position) as AccountPlace);
  for (let passed = 0; passed < MOST_ACCOUNTS; passed++) {
    const account = at?.after ? at.account : await nextAccount(store.read, at?.account ?? '');
    if (account === undefined) return { listed: [], position: undefined };
    // Whole milliseconds: later than `from`, and not later than `until`.
    const window = { accountId: account, from: from + 1, until: until + 1 };
    const rows = await listExpiring(store.read, window, { after: at?.after, limit });
    const last = rows.at(-1);
    at = { account, ...(rows.length === limit && last && { after: [last.not_after, last.serial] as const }) };
    if (rows.length > 0) return { listed: rows.map(asIssued), position: JSON.stringify(at) };
  }
  return { listed: [], position: JSON.stringify(at) };
};

const MOST_ACCOUNTS = 500;

export const EXPIRING: Readonly<Record<Listed['kind'], Expiring>> = { issued: ofIssued, kept: ofKept };
