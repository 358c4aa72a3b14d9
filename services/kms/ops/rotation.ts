/** Gives a key new material, by request or by the clock: made before the transaction, written in it with a record. */
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { RotateKey, type RotationType } from '../api/rotation.ts';
import type { KmsDeps } from '../deps.ts';
import { isRotationDue, rotatedAt } from '../domain/rotation.ts';
import { jobRecord } from '../jobs/job-record.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { insertMaterial } from '../store/queries.ts';
import type { KeyEdit } from './key-change.ts';
import { newMaterial } from './new-material.ts';

export interface Rotation {
  edit: KeyEdit;
  materialId: string;
  write(tx: AnyTransaction): Promise<void>;
}

/** The key row names the new material as current; the old stays. On-demand rotations leave the schedule alone. */
export async function rotate(deps: KmsDeps, record: KeyRecord, type: RotationType, now: number): Promise<Rotation> {
  const material = await newMaterial(deps, record.row, now, type);
  const { material_id: materialId } = material;
  return {
    edit: { material_id: materialId, ...(type === 'AUTOMATIC' && rotatedAt(record.row, now)) },
    materialId,
    async write(tx) {
      await insertMaterial(tx, material);
      if (type === 'ON_DEMAND') return;
      const input = { KeyId: record.arn, KeyMaterialId: materialId, RotationType: type };
      await deps.recorder.appendIn(tx, jobRecord(deps, RotateKey, record, input));
    },
  };
}

/** The rotation that the key missed while it could not be used, when it is about to be usable again. */
export async function overdueRotation(deps: KmsDeps, record: KeyRecord, now: number): Promise<Rotation | undefined> {
  if (record.row.state !== 'Disabled' || !isRotationDue({ ...record.row, state: 'Enabled' }, now)) return undefined;
  return rotate(deps, record, 'AUTOMATIC', now);
}
