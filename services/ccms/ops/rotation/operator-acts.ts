/** What an operator does with a rotation that failed (spec ccms 3.6.2): by the rules of `domain/rotation/run.ts`. */

import type { Call } from '../../../../platform/runtime/call.ts';
import { type Change, implementFor } from '../../../../platform/runtime/call.ts';
import { AbandonRotation, AdoptRotation, ForgoRotation, ResetRotation, ResumeRotation } from '../../api/rotation.ts';
import type { CcmsDeps } from '../../deps.ts';
import { type RunRow, runOf } from '../../domain/rotation/rows.ts';
import { type OperatorAct, operatorAct, type RotationRun, waysOut } from '../../domain/rotation/run.ts';
import { PENDING, stagesColumn } from '../../domain/stages.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { namedOutput, requireLive, resolveSecret } from '../secret-access.ts';
import { changeSecret, type SecretEdit } from '../secret-change.ts';
import { editedRun, runWrite } from './rotation-change.ts';
import { openRotator } from './rotator.ts';
import { REQUESTED_WINDOW_MS } from './start-run.ts';
import { failureOf } from './step-failure.ts';

const implement = implementFor<CcmsDeps>();
type ActCall = Call<typeof ResumeRotation>;

interface Output {
  ARN: string;
  Name: string;
  VersionId: string;
  State: RotationRun['state'];
}

function acting(operation: typeof ResumeRotation, act: OperatorAct) {
  return implement(operation, {
    resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
    async run(call, input, secret, deps): Promise<Change<Output>> {
      requireLive(call, secret);
      if ((act === 'reset' || act === 'forgo') && input.Reason === undefined)
        throw call.fail('InvalidParameter', `${operation.name} needs a Reason`);
      const row = (await deps.rotations.open(secret.row.secret_id)).find(({ state }) => state === 'FAILED');
      if (!row) throw call.fail('InvalidRequest', 'no rotation of the secret has failed');
      const outcome = operatorAct(runOf(row), act, {
        now: call.now,
        windowEndsAt: call.now + REQUESTED_WINDOW_MS,
        verified: await verified(call, deps, secret, row, act),
      });
      if ('refused' in outcome) throw refusal(call, row, act, outcome.refused);
      const next = editedRun(row, outcome.run, call.now, { reason: input.Reason ?? row.reason });
      return changeSecret(call, deps, secret, {
        edit: editFor(secret, row, outcome.run, call.now),
        also: [await runWrite(deps, next)],
        output: { ...namedOutput(secret), VersionId: row.token, State: next.state },
      });
    },
  });
}

/** Only where the rules ask for it, and where it is a way out at all. */
async function verified(call: ActCall, deps: CcmsDeps, secret: SecretRecord, row: RunRow, act: OperatorAct) {
  const isAsked = act === 'adopt' || (act === 'abandon' && row.step !== 'create');
  if (!isAsked || !waysOut(runOf(row)).includes(act)) return { pending: false, current: false };
  try {
    const rotator = await openRotator(deps, { secret, row });
    try {
      return await rotator.accepts();
    } finally {
      rotator.close();
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    throw call.fail('TargetFailed', `the target could not be asked: ${failure}`, {
      hint: 'try again when that is mended',
    });
  }
}

function refusal(call: ActCall, row: RunRow, act: OperatorAct, why: string) {
  if (why === 'not-verified') {
    const value = act === 'adopt' ? 'pending' : 'current';
    return call.fail('InvalidRequest', `the target does not accept the ${value} value, so it cannot be gone on with`, {
      hint: 'DescribeRotation shows the other ways out',
    });
  }
  const ways = waysOut(runOf(row)).join(', ');
  return call.fail('InvalidRequest', `${act} is no way out of a failed step ${row.step}`, { hint: `try ${ways}` });
}

/** A rotation that ends before it has a value leaves no stage behind. */
function editFor(secret: SecretRecord, row: RunRow, run: RotationRun, now: number): SecretEdit {
  if (run.state !== 'ABANDONED' || secret.stages.get(PENDING) !== row.token) return {};
  const stages = new Map(secret.stages);
  stages.delete(PENDING);
  return { stages: stagesColumn(stages), changed_at: now };
}

export const resumeRotation = acting(ResumeRotation, 'resume');
export const adoptRotation = acting(AdoptRotation as never, 'adopt');
export const abandonRotation = acting(AbandonRotation as never, 'abandon');
export const resetRotation = acting(ResetRotation as never, 'reset');
export const forgoRotation = acting(ForgoRotation as never, 'forgo');
