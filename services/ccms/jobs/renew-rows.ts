/** Brings the MACs of rows into the form that the HSM has now; values are sealed by keys of kms, which renews those. */
import { guardedRows } from '../../../platform/renewal/guarded-rows.ts';
import { renewalJob } from '../../../platform/renewal/renewal.ts';
import type { CcmsDeps } from '../deps.ts';
import { grantRowBytes } from '../domain/grant.ts';
import { credentialRoleBytes, leaseBytes } from '../domain/leases/rows.ts';
import { functionRowBytes, rotationRowBytes, runRowBytes } from '../domain/rotation/rows.ts';
import { ROW_MAC_LABEL, secretRowBytes, versionRowBytes } from '../domain/rows.ts';
import { targetRowBytes } from '../domain/target-row.ts';
import { wrappingRowBytes } from '../domain/wrapping.ts';

const label = ROW_MAC_LABEL;

export const renewRows = renewalJob<CcmsDeps>('ccms-renew-rows', [
  guardedRows({ table: 'secret', key: ['secret_id'], label, bytes: secretRowBytes }),
  guardedRows({ table: 'secret_grant', key: ['grant_id'], label, bytes: grantRowBytes }),
  guardedRows({ table: 'secret_wrapping', key: ['wrapping_id'], label, bytes: wrappingRowBytes }),
  guardedRows({ table: 'target', key: ['target_id'], label, bytes: targetRowBytes }),
  guardedRows({ table: 'credential_role', key: ['role_id'], label, bytes: credentialRoleBytes }),
  guardedRows({ table: 'lease', key: ['lease_id'], label, bytes: leaseBytes }),
  guardedRows({ table: 'secret_rotation', key: ['secret_id'], label, bytes: rotationRowBytes }),
  guardedRows({ table: 'rotation_run', key: ['run_id'], label, bytes: runRowBytes }),
  guardedRows({ table: 'rotation_function', key: ['function_id'], label, bytes: functionRowBytes }),
  guardedRows({ table: 'secret_version', key: ['secret_id', 'version_id'], label, bytes: versionRowBytes }),
]);
