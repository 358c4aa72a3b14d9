/**
 * Brings keys and rows into the form that the HSM has now: every tenant key wrapped by both tokens of a pair, key
 * material and rows with MACs that both know. Keys that changed leave the caches of all nodes.
 */
import { guardedRows } from '../../../platform/renewal/guarded-rows.ts';
import { renewalJob } from '../../../platform/renewal/renewal.ts';
import { renewedUnderTenant, tenantKeys, wrappedKeys } from '../../../platform/renewal/wrapped-keys.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { wrappedKey } from '../../../platform/store/tenant-keys.ts';
import type { KmsDeps } from '../deps.ts';
import { pauseRowBytes } from '../domain/deletion-pause.ts';
import { grantRowBytes } from '../domain/grant.ts';
import { rootVersionRowBytes } from '../domain/root-rotation.ts';
import {
  aliasRowBytes,
  keyRowBytes,
  type MaterialRow,
  materialRowBytes,
  ROW_MAC_LABEL,
  tenantRowBytes,
} from '../domain/rows.ts';
import { announceRenewal } from '../store/change-follower.ts';
import { replaceMaterial } from '../store/queries.ts';
import { tenantTable } from '../store/tenant-keys.ts';

const MATERIAL_KEY = ['key_id', 'material_id'];
const label = ROW_MAC_LABEL;
const cached = {
  announce: (deps: KmsDeps, tx: AnyTransaction) => announceRenewal(deps.store, tx),
  forget: (deps: KmsDeps) => deps.keys.clear(),
};

export const renewKeys = renewalJob<KmsDeps>('kms-renew-keys', [
  tenantKeys(tenantTable, cached),
  wrappedKeys<KmsDeps, MaterialRow>({
    step: 'key material',
    table: 'key_material',
    key: MATERIAL_KEY,
    renew: renewMaterial,
    replace: replaceMaterial,
    ...cached,
  }),
  guardedRows({ table: 'tenant_key', key: ['account_id'], label, bytes: tenantRowBytes }),
  guardedRows({ table: 'key_material', key: MATERIAL_KEY, label, bytes: materialRowBytes }),
  guardedRows({ table: 'kms_key', key: ['key_id'], label, bytes: keyRowBytes }),
  guardedRows({ table: 'key_alias', key: ['account_id', 'name'], label, bytes: aliasRowBytes }),
  guardedRows({ table: 'kms_grant', key: ['grant_id'], label, bytes: grantRowBytes }),
  guardedRows({ table: 'deletion_pause', key: ['account_id'], label, bytes: pauseRowBytes }),
  guardedRows({ table: 'root_version', key: ['version'], label, bytes: rootVersionRowBytes }),
]);

async function renewMaterial(deps: KmsDeps, row: MaterialRow): Promise<MaterialRow | undefined> {
  const name = `key material of ${row.key_id}`;
  await deps.guard.verify([{ name, data: materialRowBytes(row), mac: row.row_mac }]);
  const material = wrappedKey(row);
  const renewed = await renewedUnderTenant(deps, tenantTable, { name, accountId: row.account_id, material });
  if (renewed === undefined) return undefined;
  const next = { ...row, mac: renewed.mac, root_version: renewed.rootVersion };
  const [row_mac] = await deps.guard.seal([materialRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}
