/**
 * Principals known to this node, followed from iam. Answers from memory as far as `Freshness` allows; what changed is
 * dropped and read again when somebody asks for it.
 */
import { LRUCache } from 'lru-cache';
import type { Caller } from '../runtime/call.ts';
import type { ChangeHub } from '../runtime/change-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import { Freshness } from './freshness.ts';
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

export class PrincipalDirectory {
  private readonly principals = new LRUCache<string, { accountId: string; principal: Principal }>({
    max: MAX_PRINCIPALS,
  });
  private readonly sessions = new LRUCache<string, KnownSession>({ max: MAX_SESSIONS });
  private readonly feed: AuthorizationFeed;
  private readonly hub: ChangeHub;
  private readonly freshness: Freshness;
  private generation = 0;
  private version = 0;

  constructor(options: { feed: AuthorizationFeed; clock: Clock; hub: ChangeHub }) {
    this.feed = options.feed;
    this.hub = options.hub;
    this.freshness = new Freshness({
      clock: options.clock,
      peer: 'iam',
      subject: 'authorization data',
      ask: (waitMs) => this.ask(waitMs),
    });
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
    // A promise has confirmed already.
    const principal = found instanceof Promise ? await found : found;
    if (!principal) return undefined;
    if (!(found instanceof Promise)) await this.confirm();
    const known = this.sessions.get(sessionId);
    if (known) return joined(principal, known.session);
    const generation = this.generation;
    const snapshot = await this.read(() => this.feed.session(sessionId));
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
    const snapshot = await this.read(() => this.feed.snapshot(principalId));
    if (!snapshot) return undefined;
    const principal = compilePrincipal(snapshot);
    // Read after the request came, so it is good for the request; kept only when nothing changed meanwhile.
    if (generation === this.generation) {
      this.principals.set(principalId, { accountId: snapshot.AccountId, principal });
    }
    return principal;
  }

  /** Whether what is in memory may be answered without asking iam. */
  fresh(): boolean {
    return this.freshness.fresh();
  }

  /** Makes sure that what is in memory may be answered; throws `Unavailable` when iam does not say so. */
  confirm(): Promise<void> {
    return this.freshness.confirm();
  }

  /** After `confirm`: asks iam for something that is not in memory; throws `Unavailable` when no answer comes in time. */
  read<T>(ask: () => Promise<T>): Promise<T> {
    return this.freshness.read(ask);
  }

  /** Follows the change feed until `stop`. */
  start(): void {
    this.freshness.start();
  }

  stop(): Promise<void> {
    return this.freshness.stop();
  }

  private async ask(waitMs: number): Promise<() => void> {
    const { version, accounts } = await this.feed.changes(this.version, waitMs);
    return () => {
      if (version === this.version) return;
      this.version = version;
      for (const account of accounts) this.hub.publish(account);
    };
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
