/**
 * What rotation and dynamic credentials ask of a real database.
 *
 * Guarantees: every method may be called again after a crash at any moment, with the same arguments, and ends in the
 * same state; nothing is changed at the target for a value that the caller had not made durable before (the caller
 * passes it in, no method invents one); every method rejects with `TargetFailure` only. Refuses: plain connections to
 * other machines, names and passwords that the target would change or cut, an administrative reset for a user whose
 * current credential does not log in (somebody may have edited the secret to have another user's password reset).
 *
 * Passwords are Buffers of the caller, who wipes them. The drivers take strings, which cannot be wiped: they live
 * until they are collected.
 */
import type { ProbeAnswer } from '../domain/rotation/recovery.ts';
import type { TargetFailure } from './failure.ts';

export interface Credential {
  readonly username: string;
  /** Printable ASCII. */
  readonly password: Buffer;
}

export interface Endpoint {
  /** A name, an address, or an absolute path: the socket (PostgreSQL: its folder). */
  readonly host: string;
  readonly port: number;
  /** Where to connect when the name was looked up before (`networks.ts`); certificates must say the host all the same. */
  readonly address?: string;
}

/** `plain` only for sockets and loopback addresses. */
export type Tls =
  /** @param ca PEM; without it the system's authorities @param serverName when it is not the host */
  { readonly mode: 'verify'; readonly ca?: string; readonly serverName?: string } | { readonly mode: 'plain' };

export interface TargetConnection {
  /** How messages call the target. */
  readonly name: string;
  /** SQL: the first one takes the changes, every one must accept the credential. Redis: every one takes both. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly tls: Tls;
  readonly admin: Credential;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** `unreachable` is every case in which the target gave no verdict about the password; it is never taken for a no. */
export type ProbeResult =
  | { readonly answer: Exclude<ProbeAnswer, 'unreachable' | 'absent'> }
  | { readonly answer: 'unreachable'; readonly failure: TargetFailure };

export interface CredentialChange {
  /** Durable already, not yet visible to consumers. */
  readonly pending: Credential;
  /** Absent for the first value of a secret. */
  readonly current?: Credential;
}

export interface Retirement {
  readonly outgoing: Credential;
  /** The current and, while a rotation runs, the pending credential: retiring must not touch them. */
  readonly keep: readonly Credential[];
  /**
   * `end`: also the sessions that were opened with it. With two passwords on one user nobody knows which one opened a
   * session, so all of the user's end, consumers of the new password included: there `keep` is the quiet choice.
   */
  readonly sessions: 'keep' | 'end';
}

export interface RotationTarget {
  readonly overlap: 'alternating-users' | 'dual-password';
  /** The user of the next version; of the first version when there is none. */
  usernameAfter(current: string | undefined): string;
  /** Whether the target lets the credential in. Never rejects. */
  probe(credential: Credential): Promise<ProbeResult>;
  /** Makes the users, closed, with what they may do. */
  prepare(): Promise<void>;
  /** Makes the target accept the pending credential; the current one goes on working. */
  set(change: CredentialChange): Promise<void>;
  /** Every endpoint accepts the pending credential and no other password, as whom and with what it should. */
  verify(change: CredentialChange): Promise<void>;
  /** Last word before consumers get the value: durable at the target, and still accepted everywhere. */
  finish(change: CredentialChange): Promise<void>;
  /** The outgoing password is worth nothing any more, then its sessions end. */
  retire(retirement: Retirement): Promise<void>;
}

export interface DynamicUser {
  readonly username: string;
  /** Milliseconds since the epoch, or undefined where the database keeps none. */
  readonly expiresAt: number | undefined;
}

/** Users that live as long as a lease. All names begin with the prefix of the configuration; no other is touched. */
export interface DynamicTarget {
  /** How exactly the database itself ends a user whose lease nobody ended: to the second, or in whole days. */
  readonly expiry: 'exact' | 'days';
  readonly maxUsernameLength: number;
  create(user: Credential, expiresAt: number, now: number): Promise<void>;
  /** `absent`: there is no such user any more. */
  renew(username: string, expiresAt: number, now: number): Promise<'renewed' | 'absent'>;
  /**
   * Lock, end the sessions, drop: in this order, or a session outlives its user. A user that is gone is a success. Many
   * at once, because waiting until no session is left takes as long for one as for all; answers for whom it failed.
   */
  revoke(usernames: readonly string[]): Promise<ReadonlyMap<string, TargetFailure>>;
  /** Users of the prefix, ordered by name, after `after`. */
  list(limit: number, after?: string): Promise<DynamicUser[]>;
}
