/** Has every token of the HSM wrap the key of every account: after a second one came, or was away when it was made. */
import type { Selectable } from 'kysely';
import { HsmError, type WrappedKey } from '../../../hsm/port.ts';
import { type RenewalStep, renewalJob } from '../../../platform/renewal/renewal.ts';
import { countRows, nameOf, rowsAfter } from '../../../platform/renewal/rows.ts';
import type { IamDeps } from '../deps.ts';
import type { Tx } from '../store/db.ts';
import type { TenantKeyTable } from '../store/schema.ts';
import { replaceTenantKey, TENANT_KEYS_STEP, wrappedKey } from '../store/tenant-keys.ts';

const PAGE = 100;
const KEY = ['account_id'];
type Row = Selectable<TenantKeyTable>;

const tenantKeys: RenewalStep<IamDeps> = {
  name: TENANT_KEYS_STEP,
  count: (deps) => countRows(deps, 'tenant_key'),
  async page(deps, after) {
    const rows = await rowsAfter<Row>(deps, 'tenant_key', KEY, after, PAGE);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const answers = await Promise.all(rows.map((row) => renewed(deps, row)));
    const changes = rows.flatMap((row, index) => {
      const key = answers[index];
      return typeof key === 'object' ? [{ row, key }] : [];
    });
    return {
      after: nameOf(last, KEY),
      seen: rows.length,
      renewed: changes.length,
      refused: answers.filter((answer) => answer === 'refused').length,
      async write(tx) {
        for (const { row, key } of changes) await replaceTenantKey(tx as Tx, row.account_id, row.mac, key);
      },
    };
  },
};

export const renewTenantKeys = renewalJob<IamDeps>('iam-renew-tenant-keys', [tenantKeys]);

async function renewed(deps: IamDeps, row: Row): Promise<WrappedKey | 'refused' | undefined> {
  try {
    return await deps.hsm.renewTenantKey(wrappedKey(row));
  } catch (error) {
    if (!(error instanceof HsmError) || error.code !== 'integrity') throw error;
    deps.log.error({ accountId: row.account_id }, 'tenant key refused: it is not what this service wrote');
    return 'refused';
  }
}
