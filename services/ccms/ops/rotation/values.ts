/**
 * The values of a rotation, read and written in the role of its strategy: each is a request that is decided and
 * recorded like anybody's. The vault itself opens nothing.
 */
import type { OnBehalf } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { RunRow } from '../../domain/rotation/rows.ts';
import { CURRENT, PENDING, PREVIOUS } from '../../domain/stages.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import type { Credential } from '../../targets/port.ts';
import { credentialIn } from '../targets/connection.ts';
import { StepFailure } from './step-failure.ts';

export interface RotationSubject {
  readonly deps: CcmsDeps;
  readonly secret: SecretRecord;
  readonly row: RunRow;
}

/** Which versions a step is about. */
export interface RunVersions {
  pending: string | undefined;
  current: string | undefined;
  previous: string | undefined;
}

export function versionsOf({ secret, row }: RotationSubject): RunVersions {
  const holder = secret.stages.get(CURRENT);
  const outgoing = row.outgoing ?? undefined;
  if (row.step === 'retire') return { pending: undefined, current: holder, previous: outgoing };
  // The stage has moved, and the journal does not say so yet: for the target it is still about the same two.
  const current = holder === row.token ? (outgoing ?? secret.stages.get(PREVIOUS)) : holder;
  return { pending: row.token, current, previous: undefined };
}

/** A run without its stage is nobody's any more. */
export function requireStage({ secret, row }: RotationSubject): void {
  if (row.step === 'retire' || row.step === 'withdraw') return;
  const isHeld = [PENDING, CURRENT].some((stage) => secret.stages.get(stage) === row.token);
  if (!isHeld) throw new StepFailure('stage-moved');
}

const STAGES = [PENDING, CURRENT, PREVIOUS];

/** A session that somebody has ended is not used again: the next attempt opens another one. */
export async function inSession<T>(
  { acting }: CcmsDeps,
  { roleArn, sourceArn }: { roleArn: string; sourceArn: string },
  work: (on: OnBehalf) => Promise<T>,
): Promise<T> {
  try {
    return await work(await acting.as(roleArn, sourceArn));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === 'Unauthenticated') acting.forget(roleArn, sourceArn);
    // A role that is gone, and a secret that it may not know of.
    if (error.code === 'NotFound') throw new StepFailure('access-denied');
    throw error;
  }
}

/** The text of a version; undefined when it has no value. */
export async function readText(
  { deps, secret }: RotationSubject,
  on: OnBehalf,
  versionId: string | undefined,
): Promise<string | undefined> {
  if (versionId === undefined) return undefined;
  const VersionStage = STAGES.find((stage) => secret.stages.get(stage) === versionId);
  const input = { SecretId: secret.arn, VersionId: versionId, ...(VersionStage !== undefined && { VersionStage }) };
  try {
    const { SecretString } = await deps.clients.ccms.GetSecretValue(input, on);
    if (SecretString === undefined) throw new StepFailure('value-unsuitable');
    return SecretString;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

export function requireCredential(text: string): Credential {
  const credential = credentialIn(text);
  if (!credential) throw new StepFailure('value-unsuitable');
  return credential;
}

/** A secret that others change at the same time is tried again at once, a few times. */
const TRIES = 5;

async function despiteOthers(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'Conflict' || tries === TRIES) throw error;
    }
  }
}

/** The value of the run's version; one that is there already stays. */
export async function storePending({ deps, secret, row }: RotationSubject, on: OnBehalf, value: string): Promise<void> {
  const put = { SecretId: secret.arn, ClientRequestToken: row.token, SecretString: value, VersionStages: [PENDING] };
  await despiteOthers(() => deps.clients.ccms.PutSecretValue(put, on));
}

/** Only from the version that was current when the step began: what somebody else put there meanwhile stays. */
export async function moveCurrent({ deps, secret, row }: RotationSubject, on: OnBehalf): Promise<void> {
  const holder = secret.stages.get(CURRENT);
  if (holder === row.token) return;
  const move = {
    SecretId: secret.arn,
    VersionStage: CURRENT,
    MoveToVersionId: row.token,
    ...(holder !== undefined && { RemoveFromVersionId: holder }),
  };
  await despiteOthers(() => deps.clients.ccms.UpdateSecretVersionStage(move, on));
}
