/** Rotation at a database: the steps of `targets/`, with values that the role of the target reads and writes. */
import type { CcmsDeps } from '../../deps.ts';
import type { RotationStep } from '../../domain/rotation/run.ts';
import type { TargetStrategy } from '../../domain/rotation/strategy.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { type UserPair, usernameAfter } from '../../targets/alternating-pair.ts';
import { carryOut, type LabelledCredentials, nextStep } from '../../targets/carry-out.ts';
import type { Grant } from '../../targets/mariadb/grants.ts';
import { mariaDbRotation } from '../../targets/mariadb/rotation.ts';
import type { Credential, RotationTarget } from '../../targets/port.ts';
import { postgresRotation } from '../../targets/postgres/rotation.ts';
import { redisRotation } from '../../targets/redis/rotation.ts';
import { type OpenTarget, withTarget } from '../targets/connection.ts';
import { rotatedPassword } from './new-password.ts';
import type { NextStep, Rotator } from './rotator.ts';
import { StepFailure } from './step-failure.ts';
import {
  inSession,
  moveCurrent,
  type RotationSubject,
  readText,
  requireCredential,
  requireStage,
  storePending,
  versionsOf,
} from './values.ts';

export async function openTargetRotator(subject: RotationSubject, strategy: TargetStrategy): Promise<Rotator> {
  const { deps, secret } = subject;
  const target = await targetOf(deps, secret.row.account_id, strategy);
  if (!target) throw new StepFailure('strategy-missing');
  requireStage(subject);
  const session = { roleArn: target.row.role_arn, sourceArn: target.arn };
  const { pending, current, previous } = versionsOf(subject);
  const texts = await inSession(deps, session, async (on) => ({
    pending: await readText(subject, on, pending),
    current: await readText(subject, on, current),
    previous: await readText(subject, on, previous),
  }));
  return new TargetRotator(subject, strategy, target, session, texts);
}

/** SECURITY: of the account of the secret, whatever the id in the row says. */
export async function targetOf(deps: CcmsDeps, accountId: string, { targetId }: TargetStrategy) {
  const target = await deps.targets.byId(targetId);
  return target?.row.account_id === accountId ? target : undefined;
}

type Session = Parameters<typeof inSession>[1];
type Texts = Readonly<Record<'pending' | 'current' | 'previous', string | undefined>>;

class TargetRotator implements Rotator {
  readonly hasGrace = true;
  private readonly subject: RotationSubject;
  private readonly strategy: TargetStrategy;
  private readonly target: TargetRecord;
  private readonly session: Session;
  private readonly texts: Texts;
  private readonly values: LabelledCredentials;

  constructor(
    subject: RotationSubject,
    strategy: TargetStrategy,
    target: TargetRecord,
    session: Session,
    texts: Texts,
  ) {
    this.subject = subject;
    this.strategy = strategy;
    this.target = target;
    this.session = session;
    this.texts = texts;
    const values: Partial<Record<keyof Texts, Credential>> = {};
    for (const label of ['pending', 'current', 'previous'] as const) {
      const text = texts[label];
      if (text !== undefined) values[label] = requireCredential(text);
    }
    this.values = values;
  }

  decide(step: RotationStep, guardWaived: boolean): Promise<NextStep> {
    // The value is not made yet: there is nothing to ask the target, and no need to reach it.
    if (step === 'create') return Promise.resolve({ do: 'create' });
    return this.atTarget((rotation) => nextStep(rotation, step, this.values, guardWaived));
  }

  carryOut(step: RotationStep, guardWaived: boolean): Promise<void> {
    return this.atTarget((rotation) => {
      // With two passwords on one user nobody knows which of them opened a session.
      const sessions = rotation.overlap === 'dual-password' ? 'keep' : 'end';
      return carryOut(rotation, step, this.values, { guardWaived, sessions });
    });
  }

  async storeValue(): Promise<void> {
    if (this.texts.pending !== undefined) return;
    const { users } = this.strategy;
    const current = this.values.current?.username;
    const username = users.length === 2 ? usernameAfter(pairOf(users), current) : users[0];
    const password = await rotatedPassword(this.subject.deps);
    const value = { ...this.facts(), username, password: password.toString('latin1') };
    password.fill(0);
    const { deps } = this.subject;
    await inSession(deps, this.session, (on) => storePending(this.subject, on, JSON.stringify(value)));
  }

  moveStage(): Promise<void> {
    return inSession(this.subject.deps, this.session, (on) => moveCurrent(this.subject, on));
  }

  accepts(): Promise<{ pending: boolean; current: boolean }> {
    const { pending, current } = this.values;
    return this.atTarget(async (rotation) => {
      const isIn = async (credential: Credential | undefined) =>
        credential !== undefined && (await rotation.probe(credential)).answer === 'valid';
      return { pending: await isIn(pending), current: await isIn(current) };
    });
  }

  close(): void {
    for (const credential of Object.values(this.values)) credential?.password.fill(0);
  }

  /** Everything else of the current value stays; a first value says where its database is, as AWS's values do. */
  private facts(): Record<string, unknown> {
    if (this.texts.current !== undefined) return JSON.parse(this.texts.current) as Record<string, unknown>;
    const [first] = this.target.endpoints;
    const { engine, database } = this.target.row;
    return { engine, host: first?.Host, port: first?.Port, ...(database !== '' && { dbname: database }) };
  }

  private atTarget<T>(work: (rotation: RotationTarget) => Promise<T>): Promise<T> {
    return withTarget(this.subject.deps, this.target, (open) => work(rotationAt(open, this.strategy)));
  }
}

/** What was checked against the engine when the strategy was set; a target does not change its engine. */
function rotationAt(open: OpenTarget, strategy: TargetStrategy): RotationTarget {
  const { users, ownerRole = '', grants = [], rules = [], testStatement } = strategy;
  const test = testStatement === undefined ? {} : { testStatement };
  if (open.engine === 'postgres') return postgresRotation({ ...open, users: pairOf(users), ownerRole, ...test });
  if (open.engine === 'mariadb')
    return mariaDbRotation({ ...open, users: pairOf(users), grants: grants as readonly Grant[], ...test });
  return redisRotation({ ...open, user: users[0] ?? '', rules });
}

function pairOf(users: readonly string[]): UserPair {
  return [users[0] ?? '', users[1] ?? ''];
}
