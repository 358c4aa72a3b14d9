import type { InputOf } from '../../../../platform/contract/operation.ts';
import { type AuthorizationTarget, type Call, implementFor } from '../../../../platform/runtime/call.ts';
import { PutRotationStrategy } from '../../api/rotation.ts';
import type { CcmsDeps } from '../../deps.ts';
import { functionNameOf } from '../../domain/rotation/function-ref.ts';
import { DEFAULT_GRACE_MS } from '../../domain/rotation/overlap.ts';
import type { RotationRow } from '../../domain/rotation/rows.ts';
import { laneOf, type Strategy, strategyColumn, targetProblem } from '../../domain/rotation/strategy.ts';
import type { Unsealed } from '../../domain/rows.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { type PassedRole, passedRole, requireTrust } from '../acting/pass-role.ts';
import { askAboutSecret, isForeign, missingSecret, namedOutput, requireLive } from '../secret-access.ts';
import { changeSecret } from '../secret-change.ts';
import { askAboutTarget } from '../targets/target-access.ts';
import { rotationWrite } from './rotation-change.ts';
import { strategyShown } from './strategy-shown.ts';

const implement = implementFor<CcmsDeps>();
type PutCall = Call<typeof PutRotationStrategy>;
type Input = InputOf<typeof PutRotationStrategy>;

interface Named {
  secret: SecretRecord;
  target: TargetRecord | undefined;
  role: PassedRole | undefined;
}

export const putRotationStrategy = implement(PutRotationStrategy, {
  async resolve(call, input, deps) {
    const { target, record } = await askAboutSecret(call, deps, input.SecretId);
    const targets: AuthorizationTarget[] = [target];
    // A foreign secret cannot be bound to databases and roles of the caller's account.
    if (!record || isForeign(call, record)) return { targets, state: undefined as never, absent: missingSecret(call) };
    const state: Named = { secret: record, target: undefined, role: undefined };
    if (input.Target) {
      const asked = await askAboutTarget(call, deps, input.Target.Name);
      targets.push({ ...asked.target, action: 'secretsmanager:UseTarget' });
      state.target = asked.record;
    }
    if (input.AccessKey) {
      state.role = await passedRole(deps, input.AccessKey.RoleArn, record.arn);
      targets.push(state.role.target);
    }
    if (input.Function) targets.push({ resource: input.Function.Arn, action: 'lambda:InvokeFunction' });
    return { targets, state };
  },

  async run(call, input, named: Named, deps) {
    const { secret } = named;
    requireLive(call, secret);
    const strategy = await strategyOf(call, deps, input, named);
    const { secret_id, account_id } = secret.row;
    const open = await deps.rotations.open(secret_id);
    if (open.some((run) => run.finished_at === null))
      throw call.fail('InvalidRequest', 'a rotation of the secret is under way', {
        hint: 'wait for its end, or cancel it with CancelRotateSecret',
      });
    const before = await deps.rotations.of(secret_id);
    const row: Unsealed<RotationRow> = {
      enabled: 0,
      rules: '',
      rules_set_at: call.now,
      due_at: null,
      promised_at: null,
      last_rotated_at: null,
      moved_at: null,
      ...(before && withoutMac(before)),
      secret_id,
      account_id,
      strategy: strategyColumn(strategy),
      lane: laneOf(strategy),
      version: (before?.version ?? 0) + 1,
    };
    const output = { ...namedOutput(secret), Strategy: await strategyShown(deps, account_id, row.strategy) };
    const also = [await rotationWrite(deps, row)];
    return changeSecret(call, deps, secret, { edit: {}, also, output });
  },
});

function withoutMac({ row_mac, ...columns }: RotationRow): Unsealed<RotationRow> {
  return columns;
}

async function strategyOf(call: PutCall, deps: CcmsDeps, input: Input, named: Named): Promise<Strategy> {
  const { Target, AccessKey, Function: named_, GraceSeconds } = input;
  const given = [Target, AccessKey, named_].filter((one) => one !== undefined);
  if (given.length !== 1) throw call.fail('InvalidParameter', 'give one of Target, AccessKey and Function');
  const graceMs = GraceSeconds === undefined ? DEFAULT_GRACE_MS : GraceSeconds * 1000;
  if (Target) return { ...targetStrategy(call, Target, named.target), graceMs };
  if (AccessKey) {
    requireTrust(call, named.role as PassedRole);
    return { kind: 'access-key', userName: AccessKey.UserName, roleArn: AccessKey.RoleArn, graceMs };
  }
  return { ...(await functionStrategy(call, deps, named.secret, named_?.Arn ?? '')), graceMs };
}

function targetStrategy(call: PutCall, input: NonNullable<Input['Target']>, target: TargetRecord | undefined) {
  if (!target) {
    throw call.fail('InvalidParameter', `target ${input.Name} does not exist`, {
      hint: 'ListTargets shows those of the account',
    });
  }
  if (input.Users !== undefined && input.User !== undefined)
    throw call.fail('InvalidParameter', 'give Users or User, not both');
  const users = input.Users ?? (input.User === undefined ? [] : [input.User]);
  const members = {
    users,
    ...(input.OwnerRole !== undefined && { ownerRole: input.OwnerRole }),
    ...(input.Grants && {
      grants: input.Grants.map(({ Privileges, Database, Table }) => ({
        privileges: Privileges,
        database: Database,
        ...(Table !== undefined && { table: Table }),
      })),
    }),
    ...(input.Rules && { rules: input.Rules }),
    ...(input.TestStatement !== undefined && { testStatement: input.TestStatement }),
  };
  const problem = targetProblem(target.row.engine, members);
  if (problem !== undefined) throw call.fail('InvalidParameter', problem);
  return { kind: 'target' as const, targetId: target.row.target_id, ...members };
}

async function functionStrategy(call: PutCall, deps: CcmsDeps, secret: SecretRecord, arn: string) {
  const name = functionNameOf(arn, secret.place);
  const found = name === undefined ? undefined : await deps.rotations.functionByName(secret.row.account_id, name);
  if (!found) {
    throw call.fail('InvalidParameter', `function ${arn} is not registered`, {
      hint: 'RegisterRotationFunction names a function of the account',
    });
  }
  return { kind: 'function' as const, functionId: found.function_id, arn };
}
