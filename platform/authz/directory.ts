/**
 * Principals known to this node. Answers from memory; guarantees that a change made anywhere is seen within one
 * second, and refuses to answer (`Unavailable`, which denies) when it could not confirm for five seconds that its
 * view is current. A lost confirmation of more than two seconds is repaired before answering.
 */
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../contract/error.ts';
import type { Caller } from '../runtime/call.ts';
import type { ChangeHub } from '../runtime/change-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  compilePrincipal,
  compileSession,
  type Principal,
  type PrincipalSnapshot,
  type Session,
  type SessionSnapshot,
  withSession,
} from './principal.ts';

export interface AuthorizationFeed {
  snapshot(principalId: string): Promise<PrincipalSnapshot | undefined>;
  /** Undefined: the session has ended, was revoked, or never was. */
  session(sessionId: string): Promise<SessionSnapshot | undefined>;
  /** Answers at once when something changed since `since`, else after `waitMs`. */
  changes(since: number, waitMs: number): Promise<{ version: number; accounts: readonly string[] }>;
}

const MAX_PRINCIPALS = 100_000;
const MAX_SESSIONS = 100_000;
const POLL_MS = 500;
const RETRY_MS = 200;
const SUSPECT_MS = 2_000;
const STALE_MS = 5_000;

export class PrincipalDirectory {
  private readonly principals = new LRUCache<string, { accountId: string; principal: Principal }>({
    max: MAX_PRINCIPALS,
  });
  private readonly sessions = new LRUCache<string, KnownSession>({ max: MAX_SESSIONS });
  private readonly feed: AuthorizationFeed;
  private readonly clock: Clock;
  private readonly hub: ChangeHub;
  private generation = 0;
  private version = 0;
  private confirmedAt = 0;
  private polling: Promise<void> | undefined;
  private stopped = false;

  constructor(options: { feed: AuthorizationFeed; clock: Clock; hub: ChangeHub }) {
    this.feed = options.feed;
    this.clock = options.clock;
    this.hub = options.hub;
    this.hub.subscribe((accountId) => this.forget(accountId));
  }

  get policyVersion(): number {
    return this.version;
  }

  /** Undefined: there is no such principal (deleted users included). */
  principal(principalId: string): Principal | Promise<Principal | undefined> {
    const found = this.principals.get(principalId);
    if (found && this.fresh()) return found.principal;
    return this.load(principalId);
  }

  /** The principal behind a caller, within its session. Undefined: the principal is gone, or the session has ended. */
  of(caller: Caller): Principal | Promise<Principal | undefined> {
    const { session } = caller;
    const principal = this.principal(caller.entityId ?? caller.principalId);
    if (!session) return principal;
    const known = this.sessions.get(session.id);
    if (known && !(principal instanceof Promise) && this.fresh()) {
      if (known.within?.base === principal) return known.within.principal;
      const within = joined(principal, known.session);
      if (within) {
        known.within = { base: principal, principal: within };
        return within;
      }
    }
    return this.loadWithin(principal, session.id);
  }

  private async loadWithin(
    found: Principal | Promise<Principal | undefined>,
    sessionId: string,
  ): Promise<Principal | undefined> {
    const principal = await found;
    if (!principal) return undefined;
    const known = this.sessions.get(sessionId);
    if (known && this.fresh()) return joined(principal, known.session);
    await this.confirm();
    const generation = this.generation;
    const snapshot = await this.feed.session(sessionId);
    if (!snapshot) return undefined;
    const session = compileSession(snapshot);
    if (generation === this.generation) this.sessions.set(sessionId, { session });
    return joined(principal, session);
  }

  private async load(principalId: string): Promise<Principal | undefined> {
    await this.confirm();
    const cached = this.principals.get(principalId);
    if (cached) return cached.principal;
    const generation = this.generation;
    const snapshot = await this.feed.snapshot(principalId);
    if (!snapshot) return undefined;
    const principal = compilePrincipal(snapshot);
    // Read after the request came, so it is good for the request; kept only when nothing changed meanwhile.
    if (generation === this.generation) {
      this.principals.set(principalId, { accountId: snapshot.AccountId, principal });
    }
    return principal;
  }

  /** Whether the view was confirmed recently enough to answer from memory. */
  fresh(): boolean {
    return this.clock.now() - this.confirmedAt < SUSPECT_MS;
  }

  /** Makes sure the view was current at some moment of the last two seconds, else that it is now. */
  async confirm(): Promise<void> {
    if (this.fresh()) return;
    try {
      await this.poll(0);
    } catch (cause) {
      if (this.clock.now() - this.confirmedAt < STALE_MS) return;
      throw new ServiceError('Unavailable', 'authorization data cannot be confirmed as current', {
        hint: 'check that the iam service is running and reachable, then try again',
        details: { retryAfterSeconds: 1 },
        cause,
      });
    }
  }

  /** Follows the change feed until `stop`. */
  start(): void {
    this.polling ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.polling;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.poll(POLL_MS);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async poll(waitMs: number): Promise<void> {
    const askedAt = this.clock.now();
    const answer = await this.feed.changes(this.version, waitMs);
    if (answer.version !== this.version) {
      this.version = answer.version;
      for (const account of answer.accounts) this.hub.publish(account);
    }
    // The answer proves the view was current when it was given, at the earliest when it was asked for.
    this.confirmedAt = Math.max(this.confirmedAt, waitMs === 0 ? askedAt : this.clock.now());
  }

  private forget(accountId: string): void {
    this.generation++;
    if (accountId === '*') {
      this.principals.clear();
      this.sessions.clear();
      return;
    }
    for (const [id, entry] of this.principals.entries()) {
      if (entry.accountId === accountId) this.principals.delete(id);
    }
    for (const [id, { session }] of this.sessions.entries()) {
      if (session.snapshot.Accounts.includes(accountId)) this.sessions.delete(id);
    }
  }
}

interface KnownSession {
  session: Session;
  /** The last answer, good while the principal is the same. */
  within?: { base: Principal; principal: Principal };
}

/** Undefined: the session is of somebody else. */
function joined(principal: Principal, session: Session): Principal | undefined {
  const { EntityId, AccountId } = session.snapshot;
  if (EntityId !== principal.snapshot.PrincipalId || AccountId !== principal.snapshot.AccountId) return undefined;
  return withSession(principal, session);
}
