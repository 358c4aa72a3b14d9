/**
 * `RotateImmediately: false`: the test step with the value that is there, as AWS runs it, so that a rotation that cannot
 * work is known before its first night. Ends with everything as it was.
 *
 * A function is asked about a version of its own, which has AWSPENDING and the present value for as long as the function
 * works. A process that stops meanwhile leaves that version behind: the next rotation is refused, and says the way out.
 */
import type { CcmsDeps } from '../../deps.ts';
import type { RotationRow, RunRow } from '../../domain/rotation/rows.ts';
import { runColumns } from '../../domain/rotation/rows.ts';
import { prepared, type RunFailure } from '../../domain/rotation/run.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { CURRENT, PENDING, stagesColumn } from '../../domain/stages.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { addVersion, holderOf } from '../new-version.ts';
import type { AnyCall } from '../secret-access.ts';
import { preparedChange, type Written } from '../secret-change.ts';
import { opened } from '../secret-value.ts';
import { testLogin } from '../targets/test-login.ts';
import { openRotator } from './rotator.ts';
import { failureOf, StepFailure } from './step-failure.ts';
import { targetOf } from './target-rotator.ts';

export interface Rehearsal {
  /** Undefined: the configuration works. */
  failure: RunFailure | undefined;
  /** As it is afterwards: for a function it was written to. */
  secret: SecretRecord;
}

/** @param rotation as it is to be */
export async function rehearsed(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  rotation: Unsealed<RotationRow>,
): Promise<Rehearsal> {
  const strategy = readStrategy(rotation.strategy);
  if (strategy.kind === 'function') return withFunction(call, deps, secret, rotation);
  const current = secret.stages.get(CURRENT);
  const test = async () => {
    if (strategy.kind === 'target') {
      const target = await targetOf(deps, secret.row.account_id, strategy);
      if (!target) throw new StepFailure('strategy-missing');
      for (const { failure } of await testLogin(deps, target)) if (failure) throw failure;
    }
    // A secret without a value gets its first one by its first rotation: there is nothing to test it with.
    if (current !== undefined) await testStep(deps, secret, rotation, current, call.now);
  };
  return { failure: await failureOfTest(test), secret };
}

async function failureOfTest(test: () => Promise<void>): Promise<RunFailure | undefined> {
  try {
    await test();
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** The test step of a run that nobody has begun, for the version that `token` names. */
async function testStep(
  deps: CcmsDeps,
  secret: SecretRecord,
  { strategy, lane, account_id }: Unsealed<RotationRow>,
  token: string,
  now: number,
): Promise<void> {
  const row: Omit<RunRow, 'row_mac'> = {
    run_id: deps.ids.uuidv7(),
    secret_id: secret.row.secret_id,
    account_id,
    token,
    strategy,
    lane,
    started_by: '',
    reason: null,
    outgoing: null,
    ...runColumns(prepared(now, now)),
    step: 'test',
    started_at: now,
    finished_at: null,
    ended_at: null,
    version: 1,
  };
  const rotator = await openRotator(deps, { row: { ...row, row_mac: Buffer.alloc(0) }, secret });
  try {
    // There is no other value that it replaces.
    await rotator.carryOut('test', true);
  } finally {
    rotator.close();
  }
}

async function withFunction(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  rotation: Unsealed<RotationRow>,
): Promise<Rehearsal> {
  const current = secret.stages.get(CURRENT);
  const version = current === undefined ? undefined : await deps.secrets.version(secret, current);
  if (!version?.kind) return { failure: 'value-unavailable', secret };
  const token = deps.ids.uuidv4();
  let trial: SecretRecord | undefined;
  const failure = await failureOfTest(async () => {
    const value = await opened(call, deps, secret, version);
    try {
      const { edit, add } = await addVersion(call, deps, secret, {
        ...{ token, value, stages: [PENDING] },
        holder: holderOf(secret),
      });
      trial = await committed(deps, secret, { edit, add }, call.now);
    } finally {
      value.bytes.fill(0);
    }
    if (!trial) throw new StepFailure('value-unavailable');
  });
  if (!trial) return { failure: failure ?? 'value-unavailable', secret };
  try {
    const tested = trial;
    const result = await failureOfTest(() => testStep(deps, tested, rotation, token, call.now));
    return { failure: result, secret: await withdrawn(deps, secret, token, call.now) };
  } catch (error) {
    await withdrawn(deps, secret, token, call.now);
    throw error;
  }
}

/** Undefined: somebody else has written it meanwhile. */
async function committed(
  deps: CcmsDeps,
  secret: SecretRecord,
  written: Written,
  now: number,
): Promise<SecretRecord | undefined> {
  const { write, after } = await preparedChange(deps, secret, written, now);
  if (!(await deps.store.transaction(write))) return undefined;
  after();
  return deps.secrets.byId(secret.row.secret_id);
}

/** Others may write at the same time: what is taken away is the version of the test and nothing else. */
const TRIES = 10;

async function withdrawn(deps: CcmsDeps, before: SecretRecord, token: string, now: number): Promise<SecretRecord> {
  for (let tries = 0; tries < TRIES; tries++) {
    const fresh = await deps.secrets.byId(before.row.secret_id);
    if (!fresh) break;
    const stages = new Map(fresh.stages);
    for (const [stage, holder] of fresh.stages) if (holder === token) stages.delete(stage);
    // Numbers have no gaps.
    const isLast = fresh.row.last_ordinal === before.row.last_ordinal + 1;
    const edit = { stages: stagesColumn(stages), ...(isLast && { last_ordinal: before.row.last_ordinal }) };
    const after = await committed(deps, fresh, { edit, remove: [token] }, now);
    if (after) return after;
  }
  throw new Error(`the version of a test of the rotation of ${before.arn} is left behind: ${token}`);
}
