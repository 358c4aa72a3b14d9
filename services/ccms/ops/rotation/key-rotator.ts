/**
 * Rotation of the access keys of a user (spec ccms 3.6.8), in a role of the account: a second key is made, tested, and
 * becomes the value; after the grace the old one is deactivated, which can be taken back; it is deleted by the next
 * rotation, which needs its place, if nobody tried to use it for a day.
 *
 * iam answers the secret of a key once: a key whose secret died with a runner is known by that it was made during the
 * run and never used, and goes.
 */
import { timingSafeEqual } from 'node:crypto';
import { deriveSigningKey } from '../../../../platform/authn/sigv4/canonical.ts';
import type { OnBehalf } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { DAY_MS } from '../../domain/limits.ts';
import { decide, type ProbeAnswer, type ProbedLabel } from '../../domain/rotation/recovery.ts';
import type { RotationStep } from '../../domain/rotation/run.ts';
import type { AccessKeyStrategy } from '../../domain/rotation/strategy.ts';
import type { NextStep, Rotator } from './rotator.ts';
import { StepFailure } from './step-failure.ts';
import {
  inSession,
  moveCurrent,
  type RotationSubject,
  readText,
  requireStage,
  storePending,
  versionsOf,
} from './values.ts';

interface KeyPair {
  id: string;
  secret: Buffer;
}

/** iam: keys of a user, used or not. */
const MOST_KEYS = 2;

export async function openKeyRotator(subject: RotationSubject, strategy: AccessKeyStrategy): Promise<Rotator> {
  requireStage(subject);
  const session = { roleArn: strategy.roleArn, sourceArn: subject.secret.arn };
  const versions = versionsOf(subject);
  const pairs: Partial<Record<ProbedLabel, KeyPair>> = {};
  await inSession(subject.deps, session, async (on) => {
    for (const label of ['pending', 'current', 'previous'] as const) {
      const text = await readText(subject, on, versions[label]);
      if (text !== undefined) pairs[label] = pairIn(text);
    }
  });
  return new KeyRotator(subject, strategy, pairs);
}

function pairIn(value: string): KeyPair {
  try {
    const { AccessKeyId, SecretAccessKey } = JSON.parse(value) as Record<string, unknown>;
    if (typeof AccessKeyId === 'string' && typeof SecretAccessKey === 'string')
      return { id: AccessKeyId, secret: Buffer.from(SecretAccessKey, 'utf8') };
  } catch {
    // Said below: what the value is instead is nobody's business.
  }
  throw new StepFailure('value-unsuitable');
}

class KeyRotator implements Rotator {
  readonly hasGrace = true;
  private readonly subject: RotationSubject;
  private readonly strategy: AccessKeyStrategy;
  private readonly pairs: Readonly<Partial<Record<ProbedLabel, KeyPair>>>;

  constructor(
    subject: RotationSubject,
    strategy: AccessKeyStrategy,
    pairs: Readonly<Partial<Record<ProbedLabel, KeyPair>>>,
  ) {
    this.subject = subject;
    this.strategy = strategy;
    this.pairs = pairs;
  }

  async decide(step: RotationStep, guardWaived: boolean): Promise<NextStep> {
    const answers: Partial<Record<ProbedLabel, ProbeAnswer>> = {};
    for (;;) {
      const decision = decide(step, answers, guardWaived);
      if (!('ask' in decision)) return decision;
      answers[decision.ask] = await this.probe(this.pairs[decision.ask]);
    }
  }

  async carryOut(step: RotationStep): Promise<void> {
    const { pending, previous } = this.pairs;
    if (step === 'create') return;
    if (step === 'retire') return this.closed(previous?.id, 'deactivate');
    if (step === 'withdraw') return this.closed(pending?.id, 'delete');
    // A key that iam does not take cannot be set: iam makes the secrets.
    if ((await this.probe(pending)) !== 'valid') throw new StepFailure('pending-refused');
  }

  async storeValue(): Promise<void> {
    if (this.pairs.pending) return;
    const { deps } = this.subject;
    const { userName: UserName } = this.strategy;
    await this.inSession(async (on) => {
      await this.makeRoom(on);
      const { AccessKey } = await deps.clients.iam.CreateAccessKey({ UserName }, on);
      const { AccessKeyId, SecretAccessKey } = AccessKey;
      await storePending(this.subject, on, JSON.stringify({ UserName, AccessKeyId, SecretAccessKey }));
    });
  }

  moveStage(): Promise<void> {
    return this.inSession((on) => moveCurrent(this.subject, on));
  }

  async accepts(): Promise<{ pending: boolean; current: boolean }> {
    const { pending, current } = this.pairs;
    return {
      pending: (await this.probe(pending)) === 'valid',
      current: (await this.probe(current)) === 'valid',
    };
  }

  close(): void {
    for (const pair of Object.values(this.pairs)) pair?.secret.fill(0);
  }

  /** What the front door asks about a signed GetCallerIdentity: whether both have the same key for today. */
  private async probe(pair: KeyPair | undefined): Promise<ProbeAnswer> {
    if (!pair) return 'absent';
    const { deps, secret } = this.subject;
    const today = new Date(deps.clock.now()).toISOString().slice(0, 10).replaceAll('-', '');
    const { region } = deps.settings;
    const ours = deriveSigningKey(pair.secret, today, region, 'sts');
    try {
      const asked = { AccessKeyId: pair.id, Date: today, Region: region, Service: 'sts' };
      const theirs = await deps.clients.iam.GetSigningKey(asked);
      const isSame = timingSafeEqual(ours, theirs.SigningKey);
      theirs.SigningKey.fill(0);
      const isHolder = theirs.AccountId === secret.row.account_id && theirs.UserName === this.strategy.userName;
      return isSame && isHolder ? 'valid' : 'refused';
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return error.code === 'UnknownAccessKey' || error.code === 'Validation' ? 'refused' : 'unreachable';
    } finally {
      ours.fill(0);
    }
  }

  /** A user has two keys at most: the one that was deactivated, or whose secret was lost, makes room. */
  private async makeRoom(on: OnBehalf): Promise<void> {
    const { deps, row } = this.subject;
    const { userName: UserName } = this.strategy;
    const { AccessKeyMetadata } = await deps.clients.iam.ListAccessKeys({ UserName }, on);
    const others = AccessKeyMetadata.filter(({ AccessKeyId }) => AccessKeyId !== this.pairs.current?.id);
    for (const key of others) {
      const { AccessKeyId } = key;
      const { AccessKeyLastUsed } = await deps.clients.iam.GetAccessKeyLastUsed({ AccessKeyId }, on);
      const used = AccessKeyLastUsed.LastUsedDate;
      const isLost = used === undefined && key.CreateDate >= row.started_at;
      const isSilent = key.Status === 'Inactive' && (used ?? 0) <= deps.clock.now() - DAY_MS;
      if (isLost || isSilent) await deps.clients.iam.DeleteAccessKey({ UserName, AccessKeyId }, on);
      else if (AccessKeyMetadata.length >= MOST_KEYS)
        throw new StepFailure(key.Status === 'Inactive' ? 'key-in-use' : 'no-room-for-key');
    }
  }

  private async closed(AccessKeyId: string | undefined, how: 'deactivate' | 'delete'): Promise<void> {
    const { deps } = this.subject;
    const { userName: UserName } = this.strategy;
    if (AccessKeyId === undefined) return;
    if (AccessKeyId === this.pairs.current?.id) throw new StepFailure('still-needed');
    await this.inSession(async (on) => {
      const { AccessKeyMetadata } = await deps.clients.iam.ListAccessKeys({ UserName }, on);
      // Gone already, by a turn that crashed or by hand; or of somebody else, whom we do not touch.
      if (!AccessKeyMetadata.some((key) => key.AccessKeyId === AccessKeyId)) return;
      if (how === 'delete') await deps.clients.iam.DeleteAccessKey({ UserName, AccessKeyId }, on);
      else await deps.clients.iam.UpdateAccessKey({ UserName, AccessKeyId, Status: 'Inactive' }, on);
    });
  }

  private inSession<T>(work: (on: OnBehalf) => Promise<T>): Promise<T> {
    const { deps, secret } = this.subject;
    return inSession(deps, { roleArn: this.strategy.roleArn, sourceArn: secret.arn }, work);
  }
}
