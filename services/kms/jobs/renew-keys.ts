/**
 * Brings keys and rows into the form that the HSM has now: every tenant key wrapped by both tokens of a pair, key
 * material and rows with MACs that both know. Keys that changed leave the caches of all nodes.
 */
import { HsmError } from '../../../hsm/port.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import { guardedRows } from '../../../platform/renewal/guarded-rows.ts';
import { type RenewalStep, type RenewedPage, renewalJob } from '../../../platform/renewal/renewal.ts';
import { countRows, nameOf, rowsAfter } from '../../../platform/renewal/rows.ts';
import type { AnyTransaction } from '../../../platform/store/index.ts';
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
  type TenantRow,
  tenantRowBytes,
} from '../domain/rows.ts';
import { announceRenewal } from '../store/change-follower.ts';
import { wrappedKey } from '../store/key-record.ts';
import { readTenant, replaceMaterial, replaceTenant } from '../store/queries.ts';
import { guardedTenant, TENANT_KEYS_STEP } from '../store/tenant-keys.ts';

const PAGE = 100;
const TENANT_KEY = ['account_id'];
const MATERIAL_KEY = ['key_id', 'material_id'];
const label = ROW_MAC_LABEL;

const tenantKeys: RenewalStep<KmsDeps> = {
  name: TENANT_KEYS_STEP,
  count: (deps) => countRows(deps, 'tenant_key'),
  async page(deps, after) {
    const rows = await rowsAfter<TenantRow>(deps, 'tenant_key', TENANT_KEY, after, PAGE);
    return pageOf(deps, rows, TENANT_KEY, renewTenant, replaceTenant);
  },
};

const keyMaterial: RenewalStep<KmsDeps> = {
  name: 'key material',
  count: (deps) => countRows(deps, 'key_material'),
  async page(deps, after) {
    const rows = await rowsAfter<MaterialRow>(deps, 'key_material', MATERIAL_KEY, after, PAGE);
    return pageOf(deps, rows, MATERIAL_KEY, renewMaterial, replaceMaterial);
  },
};

export const renewKeys = renewalJob<KmsDeps>('kms-renew-keys', [
  tenantKeys,
  keyMaterial,
  guardedRows({ table: 'tenant_key', key: TENANT_KEY, label, bytes: tenantRowBytes }),
  guardedRows({ table: 'key_material', key: MATERIAL_KEY, label, bytes: materialRowBytes }),
  guardedRows({ table: 'kms_key', key: ['key_id'], label, bytes: keyRowBytes }),
  guardedRows({ table: 'key_alias', key: ['account_id', 'name'], label, bytes: aliasRowBytes }),
  guardedRows({ table: 'kms_grant', key: ['grant_id'], label, bytes: grantRowBytes }),
  guardedRows({ table: 'deletion_pause', key: ['account_id'], label, bytes: pauseRowBytes }),
  guardedRows({ table: 'root_version', key: ['version'], label, bytes: rootVersionRowBytes }),
]);

async function renewTenant(deps: KmsDeps, row: TenantRow): Promise<TenantRow | undefined> {
  await deps.guard.verify([guardedTenant(row)]);
  const renewed = await deps.hsm.renewTenantKey(wrappedKey(row));
  if (renewed === undefined) return undefined;
  const { wrapped, mac, rootVersion: root_version } = renewed;
  const next = { ...row, wrapped, mac, root_version };
  const [row_mac] = await deps.guard.seal([tenantRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}

async function renewMaterial(deps: KmsDeps, row: MaterialRow): Promise<MaterialRow | undefined> {
  const name = `key material of ${row.key_id}`;
  await deps.guard.verify([{ name, data: materialRowBytes(row), mac: row.row_mac }]);
  const tenant = await readTenant(deps.store.read, row.account_id);
  if (tenant === undefined) throw deps.guard.refuse(name, 'tenant key of the account is missing');
  const renewed = await deps.hsm.renewKey({ tenant: wrappedKey(tenant), material: wrappedKey(row) });
  if (renewed === undefined) return undefined;
  const next = { ...row, mac: renewed.mac, root_version: renewed.rootVersion };
  const [row_mac] = await deps.guard.seal([materialRowBytes(next)]);
  return { ...next, row_mac: row_mac! };
}

/** What nobody of ours wrote must not keep the others waiting. */
function isRefusal(error: unknown): error is Error {
  return error instanceof ServiceError || (error instanceof HsmError && error.code === 'integrity');
}

async function pageOf<Row extends { row_mac: Buffer }>(
  deps: KmsDeps,
  rows: readonly Row[],
  key: readonly string[],
  renew: (deps: KmsDeps, row: Row) => Promise<Row | undefined>,
  replace: (tx: AnyTransaction, row: Row, from: Buffer) => Promise<void>,
): Promise<RenewedPage | undefined> {
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  let refused = 0;
  const outcomes = await Promise.all(
    rows.map(async (row) => {
      try {
        const next = await renew(deps, row);
        return next && { next, from: row.row_mac };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        deps.log.error({ row: nameOf(row, key), err: error.message }, 'stored key is not renewed');
        refused += 1;
        return undefined;
      }
    }),
  );
  const changes = outcomes.filter((change) => change !== undefined);
  return {
    after: nameOf(last, key),
    seen: rows.length,
    renewed: changes.length,
    refused,
    async write(tx) {
      for (const { next, from } of changes) await replace(tx, next, from);
      if (changes.length > 0) await announceRenewal(deps.store, tx);
    },
    written() {
      if (changes.length === 0) return;
      deps.keys.clear();
      deps.tenants.clear();
    },
  };
}
