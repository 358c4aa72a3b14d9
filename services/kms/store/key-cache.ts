/**
 * Keys in memory, verified and compiled: the hot path asks nothing else. Guarantees that a change made by this process
 * is seen by the next request, and one made by another node as soon as the change feed tells (`ChangeFollower`); that
 * a key row which is older than one seen before is refused; that what a change overtook while it was read is not kept.
 */
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { GuardedRow, RowGuard } from '../../../platform/store/row-guard.ts';
import { guardedTenant } from '../../../platform/store/tenant-keys.ts';
import { type AliasRow, aliasRowBytes, keyRowBytes, materialRowBytes } from '../domain/rows.ts';
import { assembleKey, InconsistentRows, type KeyRecord } from './key-record.ts';
import { type KeyRows, readAlias, readKey } from './queries.ts';
import type { KmsTables } from './tables.ts';
import { tenantTable } from './tenant-keys.ts';

const MAX_KEYS = 10_000;
/** Bytes of policy text and the like; compiled forms are a small multiple of it. */
const MAX_KEY_BYTES = 64 * 1024 * 1024;
const MAX_ALIASES = 20_000;
const MAX_MARKS = 200_000;
const MAX_ATTEMPTS = 5;

/** A load under way; `overtaken` when the object may have changed since it began: its result is not kept. */
interface Load {
  overtaken: boolean;
  result: Promise<KeyRecord | undefined>;
}

export class KeyCache {
  private readonly keys = new LRUCache<string, KeyRecord>({
    max: MAX_KEYS,
    maxSize: MAX_KEY_BYTES,
    sizeCalculation: (record) => 2_048 + record.row.policy.length + record.row.aliases.length + record.row.tags.length,
  });
  private readonly aliases = new LRUCache<string, string>({ max: MAX_ALIASES });
  /** Highest version seen of each key: what is older was rolled back. */
  private readonly marks = new LRUCache<string, number>({ max: MAX_MARKS });
  private readonly loads = new Map<string, Set<Load>>();
  private generation = 0;
  private readonly store: Store<KmsTables>;
  private readonly guard: RowGuard;
  private readonly isCurrent: () => boolean;

  /** `isCurrent`: false while changes of other nodes may be missing; then nothing is answered from memory. */
  constructor(options: { store: Store<KmsTables>; guard: RowGuard; isCurrent: () => boolean }) {
    this.store = options.store;
    this.guard = options.guard;
    this.isCurrent = options.isCurrent;
  }

  /** The key, or undefined for an unknown id and for a destroyed key. */
  key(keyId: string): KeyRecord | Promise<KeyRecord | undefined> {
    const found = this.keys.get(keyId);
    if (found && this.isCurrent()) return found;
    for (const load of this.loads.get(keyId) ?? []) if (!load.overtaken) return load.result;
    return this.load(keyId);
  }

  /** The key as the database has it now: for changes, which must start from the last version. */
  fresh(keyId: string): Promise<KeyRecord | undefined> {
    return this.load(keyId);
  }

  /** The key an alias leads to, or undefined. */
  async byAlias(accountId: string, name: string): Promise<KeyRecord | undefined> {
    const keyId = this.isCurrent() ? this.aliases.get(`${accountId}/${name}`) : undefined;
    if (keyId !== undefined) {
      const record = await this.key(keyId);
      if (record && hasAlias(record, accountId, name)) return record;
    }
    return this.freshByAlias(accountId, name);
  }

  /**
   * The same, from the database. The alias row only leads the way: what counts is that the key row, which cannot be
   * rolled back unnoticed, has the alias.
   */
  async freshByAlias(accountId: string, name: string): Promise<KeyRecord | undefined> {
    const generation = this.generation;
    const { alias, rows } = await this.store.snapshot(async (view) => {
      const row = await readAlias(view, accountId, name);
      return { alias: row, rows: row && (await readKey(view, row.key_id)) };
    });
    if (!alias) return undefined;
    await this.guard.verify([guardedAlias(alias)]);
    const record = rows && (await this.verified(alias.key_id, rows));
    if (alias.account_id !== accountId || alias.name !== name || !record || !hasAlias(record, accountId, name)) {
      throw this.guard.refuse(`alias ${name} of ${accountId}`, 'the key it leads to does not have it');
    }
    if (generation === this.generation) this.aliases.set(`${accountId}/${name}`, alias.key_id);
    if (record.row.version >= (this.marks.get(alias.key_id) ?? 0)) return record;
    // Overtaken or rolled back: a load that watches for changes tells which.
    const again = await this.load(alias.key_id);
    return again && hasAlias(again, accountId, name) ? again : undefined;
  }

  /** Costs what looking for an unknown key costs, and answers nothing. */
  async probe(keyId: string): Promise<void> {
    await this.store.snapshot((view) => readKey(view, keyId));
  }

  /** `version`: what this process wrote; nothing older is accepted from now on. */
  forgetKey(keyId: string, version?: number): void {
    this.keys.delete(keyId);
    for (const load of this.loads.get(keyId) ?? []) load.overtaken = true;
    if (version !== undefined && version > (this.marks.get(keyId) ?? 0)) this.raiseMark(keyId, version);
  }

  forgetAlias(accountId: string, name: string): void {
    this.generation++;
    this.aliases.delete(`${accountId}/${name}`);
  }

  clear(): void {
    this.generation++;
    this.keys.clear();
    this.aliases.clear();
    for (const loads of this.loads.values()) for (const load of loads) load.overtaken = true;
  }

  private load(keyId: string): Promise<KeyRecord | undefined> {
    const loads = this.loads.get(keyId) ?? new Set();
    this.loads.set(keyId, loads);
    const load = { overtaken: false } as Load;
    loads.add(load);
    load.result = this.loadSteadily(keyId, load).finally(() => {
      loads.delete(load);
      if (loads.size === 0) this.loads.delete(keyId);
    });
    return load.result;
  }

  /**
   * SECURITY: never answers a version below the mark. A load that was overtaken may have read one in good faith and
   * reads again; a load that nothing overtook was lied to.
   */
  private async loadSteadily(keyId: string, load: Load): Promise<KeyRecord | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      load.overtaken = false;
      const rows = await this.store.snapshot((view) => readKey(view, keyId));
      const record = rows && (await this.verified(keyId, rows));
      if (!rows) return undefined;
      const { version } = rows.key;
      const mark = this.marks.get(keyId) ?? 0;
      if (version >= mark) {
        if (version > mark) this.raiseMark(keyId, version, load);
        if (record && !load.overtaken) this.keys.set(keyId, record);
        return record;
      }
      if (!load.overtaken) throw this.guard.refuse(`key ${keyId}`, `version ${version} was rolled back from ${mark}`);
    }
    throw new ServiceError('Unavailable', 'the key changes faster than it can be read', {
      hint: 'try again',
      details: { retryAfterSeconds: 1 },
    });
  }

  /** Loads that began before may still hold an older version. */
  private raiseMark(keyId: string, version: number, by?: Load): void {
    this.marks.set(keyId, version);
    for (const load of this.loads.get(keyId) ?? []) if (load !== by) load.overtaken = true;
  }

  /** Undefined for a tombstone that is genuine. */
  private async verified(keyId: string, rows: KeyRows): Promise<KeyRecord | undefined> {
    const name = `key ${keyId}`;
    const guarded: GuardedRow[] = [{ name, data: keyRowBytes(rows.key), mac: rows.key.row_mac }];
    for (const material of rows.materials) {
      guarded.push({ name: `key material of ${keyId}`, data: materialRowBytes(material), mac: material.row_mac });
    }
    if (rows.tenant) guarded.push(guardedTenant(rows.tenant, tenantTable));
    await this.guard.verify(guarded);
    if (rows.key.key_id !== keyId) throw this.guard.refuse(name, 'the row is about another key');
    if (rows.key.state === 'Deleted') return undefined;
    try {
      return assembleKey(rows.key, rows.materials, rows.tenant);
    } catch (error) {
      if (error instanceof InconsistentRows) throw this.guard.refuse(name, error.message);
      throw error;
    }
  }
}

function hasAlias(record: KeyRecord, accountId: string, name: string): boolean {
  return record.accountId === accountId && record.aliases.includes(name);
}

export function guardedAlias(row: AliasRow): GuardedRow {
  return { name: `alias ${row.name} of ${row.account_id}`, data: aliasRowBytes(row), mac: row.row_mac };
}
