import type { InputOf } from '../../../../platform/contract/operation.ts';
import { type AuthorizationTarget, type Call, implementFor } from '../../../../platform/runtime/call.ts';
import { RotateSecret } from '../../api/rotation.ts';
import type { CcmsDeps } from '../../deps.ts';
import { MAX_DEPRECATED } from '../../domain/limits.ts';
import { functionNameOf } from '../../domain/rotation/function-ref.ts';
import { DEFAULT_GRACE_MS } from '../../domain/rotation/overlap.ts';
import type { RotationRow, RunRow } from '../../domain/rotation/rows.ts';
import { type RotationRules, readRules } from '../../domain/rotation/rules.ts';
import { laneOf, readStrategy, strategyColumn } from '../../domain/rotation/strategy.ts';
import type { Unsealed } from '../../domain/rows.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { askAboutSecret, type Condition, missingSecret, namedOutput, requireLive } from '../secret-access.ts';
import { changeSecret, noChange } from '../secret-change.ts';
import { readersNamed, readersShown } from './readers.ts';
import { rehearsed } from './rehearsal.ts';
import { rescheduled, rotationWrite } from './rotation-change.ts';
import { gateOf, isPendingTaken, REQUESTED_WINDOW_MS, startedRun } from './start-run.ts';

const implement = implementFor<CcmsDeps>();
type RotateCall = Call<typeof RotateSecret>;
type Input = InputOf<typeof RotateSecret>;

export const rotateSecret = implement(RotateSecret, {
  async resolve(call, input, deps) {
    const { target, record } = await askAboutSecret(call, deps, input.SecretId, { conditions: conditionsOf(input) });
    const targets: AuthorizationTarget[] = [target];
    // AWS: whoever has a function called needs the permission to call it.
    if (input.RotationLambdaARN) {
      targets.push({
        resource: input.RotationLambdaARN,
        action: 'lambda:InvokeFunction',
        // It is a function of the account of the secret, whoever asks.
        accountId: target.accountId ?? call.caller.accountId,
      });
    }
    if (record) return { targets, state: record };
    return { targets, state: undefined as never, absent: missingSecret(call) };
  },

  async run(call, input, secret, deps) {
    requireLive(call, secret);
    if (input.ClientRequestToken === undefined && call.origin.protocol === 'aws')
      throw call.fail('InvalidParameter', 'You must provide a ClientRequestToken value.');
    const token = input.ClientRequestToken ?? deps.ids.uuidv4();
    if ((input.Force === true) !== (input.Reason !== undefined))
      throw call.fail('InvalidParameter', 'Force needs a Reason, and a Reason needs Force');
    const rotation = await configured(call, deps, secret, input);
    const open = await deps.rotations.open(secret.row.secret_id);
    const unfinished = open.find((run) => run.finished_at === null);
    const output = { ...namedOutput(secret), VersionId: token };
    if (unfinished?.token === token) return noChange(output);
    const row = await rotationWrite(deps, rotation);
    if (input.RotateImmediately === false) {
      // AWS: the function is tested with a version that has AWSPENDING.
      if (readStrategy(rotation.strategy).kind === 'function') requireNoPending(call, secret, unfinished !== undefined);
      const { failure, secret: after } = await rehearsed(call, deps, secret, rotation);
      const ConfigurationTest = {
        Succeeded: failure === undefined,
        ...(failure !== undefined && { Failure: failure }),
      };
      return changeSecret(call, deps, after, {
        ...{ edit: {}, also: [row] },
        output: { ...namedOutput(secret), ConfigurationTest },
      });
    }
    const breaks = await requireFree(call, deps, { secret, rotation, open, token }, input.Force === true);
    const wanted = {
      token,
      startedBy: call.caller.arn,
      reason: input.Reason,
      windowEndsAt: call.now + REQUESTED_WINDOW_MS,
    };
    const started = await startedRun(deps, secret, rotation, open, wanted, call.now);
    if (!started) {
      throw call.fail('LimitExceeded', `the secret has ${MAX_DEPRECATED} versions without a stage from the last day`, {
        hint: 'change it less often, or name stages to keep versions',
      });
    }
    const { written } = started;
    return changeSecret(call, deps, secret, {
      ...written,
      also: [...(written.also ?? []), row],
      output: { ...output, ...breaks },
    });
  },
});

function conditionsOf(input: Input): Condition[] {
  const conditions: Condition[] = [['secretsmanager:RotateImmediately', String(input.RotateImmediately ?? true)]];
  if (input.RotationLambdaARN !== undefined)
    conditions.push(['secretsmanager:RotationLambdaARN', input.RotationLambdaARN]);
  conditions.push(['secretsmanager:ModifyRotationRules', String(input.RotationRules !== undefined)]);
  return conditions;
}

/** The row as the request makes it. */
async function configured(
  call: RotateCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  input: Input,
): Promise<Unsealed<RotationRow>> {
  const before = await deps.rotations.of(secret.row.secret_id);
  const strategy = input.RotationLambdaARN
    ? await functionStrategy(call, deps, secret, input.RotationLambdaARN)
    : before?.strategy;
  if (strategy === undefined) {
    throw call.fail('InvalidRequest', 'No Lambda rotation function ARN is associated with this secret.', {
      hint: 'give RotationLambdaARN, or set a strategy with PutRotationStrategy',
    });
  }
  const rules = input.RotationRules && rulesColumn(call, input.RotationRules);
  const row: Unsealed<RotationRow> = {
    secret_id: secret.row.secret_id,
    account_id: secret.row.account_id,
    strategy,
    lane: laneOf(readStrategy(strategy)),
    enabled: 1,
    rules: rules ?? before?.rules ?? '',
    rules_set_at: rules === undefined && before?.enabled === 1 ? before.rules_set_at : call.now,
    due_at: null,
    promised_at: null,
    last_rotated_at: before?.last_rotated_at ?? null,
    moved_at: before?.moved_at ?? null,
    version: (before?.version ?? 0) + 1,
  };
  return rescheduled(row, call.now);
}

export function rulesColumn(call: RotateCall, rules: RotationRules): string {
  const read = readRules(rules);
  if (read && 'problem' in read) throw call.fail('InvalidParameter', read.problem);
  return read === undefined ? '' : JSON.stringify(rules);
}

/** One that is not registered is one that cannot be invoked, as on AWS. */
async function functionStrategy(call: RotateCall, deps: CcmsDeps, secret: SecretRecord, arn: string): Promise<string> {
  const name = functionNameOf(arn, secret.place);
  const found = name === undefined ? undefined : await deps.rotations.functionByName(secret.row.account_id, name);
  if (found) return strategyColumn({ kind: 'function', functionId: found.function_id, arn, graceMs: DEFAULT_GRACE_MS });
  throw call.fail(
    'AccessDenied',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    { hint: 'RegisterRotationFunction names a function of the account' },
  );
}

interface Beginning {
  secret: SecretRecord;
  rotation: Unsealed<RotationRow>;
  open: readonly RunRow[];
  token: string;
}

function requireNoPending(call: RotateCall, secret: SecretRecord, isUnfinished: boolean): void {
  if (isUnfinished) {
    throw call.fail('InvalidRequest', 'A previous rotation isn’t complete. That rotation will be reattempted.', {
      hint: 'DescribeRotation shows what it does, and the ways out when it has failed',
    });
  }
  if (!isPendingTaken(secret)) return;
  throw call.fail(
    'InvalidRequest',
    'A previous rotation isn’t complete: AWSPENDING is on a version that no rotation works on.',
    { hint: 'remove AWSPENDING with UpdateSecretVersionStage when that version is not needed' },
  );
}

/** Answers who may fail by a rotation that is too early. */
async function requireFree(call: RotateCall, deps: CcmsDeps, at: Beginning, force: boolean) {
  const { secret, rotation, open, token } = at;
  const gate = await gateOf(deps, secret, rotation, open, call.now, force);
  requireNoPending(call, secret, !gate.allowed && gate.why === 'unfinished');
  if (!gate.allowed && gate.why === 'overlap') {
    const at = new Date(gate.notBefore).toISOString();
    const readers = readersNamed(await readersShown(deps, secret, call.now));
    throw call.fail(
      'InvalidRequest',
      `consumers may still use the value before the present one until ${at}: ${readers}`,
      {
        hint: 'PreviewRotation lists the readers; rotate after that; Force with a Reason rotates at once, and logins of consumers may fail',
      },
    );
  }
  if (await deps.secrets.version(secret, token)) {
    throw call.fail('InvalidRequest', `a version with the token ${token} exists`, {
      hint: 'use a new token for a new rotation',
    });
  }
  return gate.allowed && gate.breaksOverlap ? readersShown(deps, secret, call.now) : {};
}
