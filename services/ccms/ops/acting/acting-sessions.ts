/**
 * What the vault does without a request it does in a role of the account (spec ccms 3.6.1: the rotation function's
 * role): every read and write is decided and recorded as that role's, and ends when somebody takes the role's rights.
 */
import { LRUCache } from 'lru-cache';
import type { OnBehalf } from '../../../../platform/client/transport.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import type { Clock } from '../../../../platform/runtime/clock.ts';
import type { Ids } from '../../../../platform/runtime/ids.ts';
import type { CcmsClients } from '../../deps.ts';

const MAX_SESSIONS = 10_000;
/** A session is not used to its end: what it began must not run out of it. */
const REST_MS = 60_000;

export class ActingSessions {
  private readonly sessions = new LRUCache<string, Promise<Caller>>({ max: MAX_SESSIONS });
  private readonly iam: CcmsClients['iam'];
  private readonly clock: Clock;
  private readonly ids: Ids;

  constructor(options: { iam: CcmsClients['iam']; clock: Clock; ids: Ids }) {
    this.iam = options.iam;
    this.clock = options.clock;
    this.ids = options.ids;
  }

  /**
   * To be handed to clients of services. Throws `AccessDenied` when the role does not let the vault in, `NotFound` when
   * there is none.
   * @param sourceArn the secret, target or function for which the vault acts (`aws:SourceArn`)
   */
  async as(roleArn: string, sourceArn: string): Promise<OnBehalf> {
    const caller = await this.session(roleArn, sourceArn);
    const origin = {
      requestId: this.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/ccms',
      receivedAt: this.clock.now(),
      protocol: 'internal' as const,
    };
    return { caller, origin, sourceArn };
  }

  private async session(roleArn: string, sourceArn: string): Promise<Caller> {
    const key = `${roleArn}\n${sourceArn}`;
    const known = await this.sessions.get(key);
    if (known?.session && known.session.expiresAt - REST_MS > this.clock.now()) return known;
    const opening = this.open(roleArn, sourceArn);
    this.sessions.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      if (this.sessions.get(key) === opening) this.sessions.delete(key);
      throw error;
    }
  }

  /** After a request in the session was answered `Unauthenticated`: somebody has ended it. */
  forget(roleArn: string, sourceArn: string): void {
    this.sessions.delete(`${roleArn}\n${sourceArn}`);
  }

  private async open(RoleArn: string, SourceArn: string): Promise<Caller> {
    const opened = await this.iam.OpenServiceSession({ RoleArn, RoleSessionName: 'parapet-vault', SourceArn });
    return {
      kind: 'role',
      arn: opened.Arn,
      accountId: opened.AccountId,
      principalId: opened.PrincipalId,
      entityId: opened.EntityId,
      session: { id: opened.SessionId, issuedAt: opened.IssuedAt, expiresAt: opened.ExpiresAt },
    };
  }
}
