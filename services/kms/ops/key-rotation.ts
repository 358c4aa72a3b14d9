import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import {
  DEFAULT_ROTATION_PERIOD_DAYS,
  DisableKeyRotation,
  EnableKeyRotation,
  GetKeyRotationStatus,
  ListKeyRotations,
  RotateKeyOnDemand,
} from '../api/rotation.ts';
import type { KmsDeps } from '../deps.ts';
import type { KeyOperation } from '../domain/key-state.ts';
import { isRotationOn, NO_ROTATION, onDemandProblem, rotationUnsupported, scheduled } from '../domain/rotation.ts';
import type { KeyRecord, Material } from '../store/key-record.ts';
import { requireKeyForm, resolveKey, resolveOwnKey } from './key-access.ts';
import { changeKeys, edited, type KeyEdit } from './key-change.ts';
import { requireState } from './key-use.ts';
import { openPage } from './page.ts';
import { rotate } from './rotation.ts';

const implement = implementFor<KmsDeps>();
type AnyCall = Call<AnyOperation>;

function requireRotatable(call: AnyCall, operation: KeyOperation, record: KeyRecord): void {
  requireState(call, operation, record);
  const problem = rotationUnsupported(record.row, record.arn);
  if (problem) throw call.fail(problem.code, problem.message, { hint: 'symmetric keys with our own material rotate' });
}

function changeSchedule(call: AnyCall, deps: KmsDeps, operation: KeyOperation, record: KeyRecord, edit: KeyEdit) {
  const check = () => requireRotatable(call, operation, record);
  return changeKeys(call, deps, { check, keys: [edited(record, edit)], output: undefined });
}

const periodOf = (input: { RotationPeriodInDays?: number | undefined }) =>
  input.RotationPeriodInDays ?? DEFAULT_ROTATION_PERIOD_DAYS;

export const enableKeyRotation = implement(EnableKeyRotation, {
  resolve(call, input, deps) {
    const conditions = [['kms:RotationPeriodInDays', String(periodOf(input))]] as const;
    return resolveOwnKey(call, deps, input.KeyId, { conditions });
  },
  run(call, input, record, deps) {
    const edit = scheduled(record.row, periodOf(input), call.now);
    return changeSchedule(call, deps, 'EnableKeyRotation', record, edit);
  },
});

export const disableKeyRotation = implement(DisableKeyRotation, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run: (call, _input, record, deps) => changeSchedule(call, deps, 'DisableKeyRotation', record, NO_ROTATION),
});

export const getKeyRotationStatus = implement(GetKeyRotationStatus, {
  resolve(call, input, deps) {
    requireKeyForm(call, deps, input.KeyId);
    return resolveKey(call, deps, input.KeyId);
  },
  run(call, _input, record) {
    requireRotatable(call, 'GetKeyRotationStatus', record);
    const { row } = record;
    const KeyId = row.key_id;
    if (!isRotationOn(row) || row.rotation_period_days === null || row.next_rotation_at === null) {
      return { KeyRotationEnabled: false, KeyId };
    }
    return {
      KeyRotationEnabled: true,
      KeyId,
      RotationPeriodInDays: row.rotation_period_days,
      NextRotationDate: row.next_rotation_at,
    };
  },
});

export const rotateKeyOnDemand = implement(RotateKeyOnDemand, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  async run(call, _input, record, deps) {
    // Material that the limit refuses is not made. Repetitions get their answer without a commit, so it looks again.
    const check = () => {
      requireRotatable(call, 'RotateKeyOnDemand', record);
      const earlier = [...record.materials.values()].filter(({ rotationType }) => rotationType === 'ON_DEMAND').length;
      const problem = onDemandProblem(record.row, earlier, record.arn, call.now);
      if (problem) throw call.fail(problem.code, problem.message);
    };
    check();
    const rotation = await rotate(deps, record, 'ON_DEMAND', call.now);
    return changeKeys(call, deps, {
      check,
      keys: [edited(record, rotation.edit)],
      also: rotation.write,
      output: { KeyId: record.row.key_id },
    });
  },
});

export const listKeyRotations = implement(ListKeyRotations, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, input, record, deps) {
    requireRotatable(call, 'ListKeyRotations', record);
    const all = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL';
    const page = openPage(call, deps, input, [record.row.key_id, all]);
    const wanted = [...record.materials.values()]
      .filter((material) => all || material.rotationType !== null)
      .sort((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1))
      .filter((material) => positionOf(material) > page.after);
    const { rows, ...end } = page.end(wanted, positionOf);
    return { Rotations: rows.map((material) => entryOf(record, material)), ...end };
  },
});

/** Sorts by time. */
function positionOf({ createdAt, id }: Material): string {
  return `${String(createdAt).padStart(15, '0')}/${id}`;
}

function entryOf(record: KeyRecord, { id, createdAt, rotationType }: Material) {
  return {
    KeyId: record.row.key_id,
    KeyMaterialId: id,
    KeyMaterialState: id === record.row.material_id ? ('CURRENT' as const) : ('NON_CURRENT' as const),
    ...(rotationType !== null && { RotationDate: createdAt, RotationType: rotationType }),
  };
}
