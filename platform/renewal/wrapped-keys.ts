/**
 * Steps that renew wrapped keys: every tenant key wrapped by each token there is, key material with a MAC that all of
 * them know. A row that changed while the HSM worked is left to whoever changed it.
 */
import { type Hsm, HsmError, type WrappedKey } from '../../hsm/port.ts';
import { ServiceError } from '../contract/error.ts';
import type { AnyTransaction } from '../store/index.ts';
import type { RowGuard } from '../store/row-guard.ts';
import {
  guardedTenant,
  TENANT_KEYS_STEP,
  type TenantKeys,
  type TenantRow,
  type TenantTable,
  wrappedKey,
} from '../store/tenant-keys.ts';
import type { RenewalDeps, RenewalStep } from './renewal.ts';
import { countRows, nameOf, rowsAfter } from './rows.ts';

const PAGE = 100;

export interface WrappedKeysDeps extends RenewalDeps {
  guard: RowGuard;
  // biome-ignore lint/suspicious/noExplicitAny: the service knows its tables
  tenants: TenantKeys<any>;
}

interface WrappedKeyTable<Deps, Row> {
  step: string;
  table: string;
  key: readonly string[];
  /** The row with its key in the form in force, sealed; undefined when it is so already. */
  renew(deps: Deps, row: Row): Promise<Row | undefined>;
  /** Writes it where the row still is what the MAC `from` says. */
  replace(tx: AnyTransaction, row: Row, from: Buffer): Promise<void>;
  /** In the transaction that writes: tells other nodes. */
  announce?(deps: Deps, tx: AnyTransaction): Promise<void>;
  /** After the commit: what this process keeps of the keys is forgotten. */
  forget?(deps: Deps): void;
}

export function wrappedKeys<Deps extends WrappedKeysDeps, Row extends { row_mac: Buffer }>(
  options: WrappedKeyTable<Deps, Row>,
): RenewalStep<Deps> {
  const { step, table, key, renew, replace, announce, forget } = options;
  return {
    name: step,
    count: (deps) => countRows(deps, table),
    async page(deps, after) {
      const rows = await rowsAfter<Row>(deps, table, key, after, PAGE);
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
          if (changes.length > 0) await announce?.(deps, tx);
        },
        written() {
          if (changes.length === 0) return;
          deps.tenants.clear();
          forget?.(deps);
        },
      };
    },
  };
}

/** The step of the tenant keys of a service. */
export function tenantKeys<Deps extends WrappedKeysDeps>(
  // biome-ignore lint/suspicious/noExplicitAny: the service knows its tables
  table: TenantTable<any>,
  also: Pick<WrappedKeyTable<Deps, TenantRow>, 'announce' | 'forget'> = {},
): RenewalStep<Deps> {
  return wrappedKeys<Deps, TenantRow>({
    step: TENANT_KEYS_STEP,
    table: 'tenant_key',
    key: ['account_id'],
    replace: table.replace,
    ...also,
    async renew({ guard, hsm }, row) {
      await guard.verify([guardedTenant(row, table)]);
      const renewed = await hsm.renewTenantKey(wrappedKey(row));
      if (renewed === undefined) return undefined;
      const next = { ...row, wrapped: renewed.wrapped, mac: renewed.mac, root_version: renewed.rootVersion };
      const [row_mac] = await guard.seal([table.bytes(next)]);
      return { ...next, row_mac: row_mac! };
    },
  });
}

/** A key under the tenant key of its account, renewed; undefined when it has the form in force. */
export async function renewedUnderTenant<DB>(
  // biome-ignore lint/suspicious/noExplicitAny: the service knows its tables
  deps: { hsm: Hsm; guard: RowGuard; store: { read: any } },
  table: TenantTable<DB>,
  key: { name: string; accountId: string; material: WrappedKey },
): Promise<WrappedKey | undefined> {
  // Not the one in memory: it may be of the form before.
  const tenant = await table.read(deps.store.read, key.accountId);
  if (tenant === undefined) throw deps.guard.refuse(key.name, 'tenant key of the account is missing');
  return deps.hsm.renewKey({ tenant: wrappedKey(tenant), material: key.material });
}

/** What nobody of ours wrote must not keep the others waiting. */
function isRefusal(error: unknown): error is Error {
  return error instanceof ServiceError || (error instanceof HsmError && error.code === 'integrity');
}
