/**
 * Reads secrets and their versions, verified. Guarantees that what is answered is what this service wrote about the
 * secret that was asked for, and not older than what this process has seen of it. Assembled secrets are remembered with
 * their row: one that is the same in every column was verified then, and its policy is compiled.
 */
import { LRUCache } from 'lru-cache';
import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { isSameRow, type SecretRow, type VersionRow } from '../domain/rows.ts';
import {
  guardedSecret,
  guardedVersion,
  type ListedVersion,
  listVersions,
  readSecret,
  readSecretByName,
  readVersion,
} from './queries.ts';
import { assembleSecret, InconsistentRow, type SecretRecord } from './secret-record.ts';
import type { CcmsTables } from './tables.ts';

const MAX_REMEMBERED = 10_000;
const MAX_MARKS = 200_000;

export class Secrets {
  private readonly assembled = new LRUCache<string, SecretRecord>({ max: MAX_REMEMBERED });
  /** By the very row: rows do not change, and the store hands out the same one while nobody writes. */
  private readonly ofRow = new WeakMap<SecretRow, SecretRecord>();
  private readonly genuine = new WeakSet<VersionRow>();
  /** Highest version seen of each secret: what is older was rolled back. */
  private readonly marks = new LRUCache<string, number>({ max: MAX_MARKS });
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async byName(accountId: string, name: string): Promise<SecretRecord | undefined> {
    const row = await readSecretByName(this.store.read, accountId, name);
    if (!row) return undefined;
    if (row.account_id !== accountId || row.name !== name) throw this.guard.refuse(`secret ${name}`, 'another secret');
    return this.verified(row);
  }

  async byId(secretId: string): Promise<SecretRecord | undefined> {
    const row = await readSecret(this.store.read, secretId);
    return row && this.verified(row);
  }

  /** The versions of a secret without their values, newest first. */
  async versions(secret: SecretRecord): Promise<ListedVersion[]> {
    const rows = await listVersions(this.store.read, secret.row.secret_id);
    await this.guard.verify(rows.map(guardedVersion));
    for (const row of rows) this.requireOwned(secret, row);
    return rows;
  }

  /** A version with its sealed value. */
  async version(secret: SecretRecord, versionId: string): Promise<VersionRow | undefined> {
    const row = await readVersion(this.store.read, secret.row.secret_id, versionId);
    if (!row) return undefined;
    if (!this.genuine.has(row)) {
      await this.guard.verify([guardedVersion(row)]);
      this.genuine.add(row);
    }
    this.requireOwned(secret, row);
    if (row.version_id !== versionId)
      throw this.guard.refuse(`version ${versionId}`, 'the row is about another version');
    return row;
  }

  /** What this process wrote: nothing older is accepted from now on. */
  written(secretId: string, version: number): void {
    if (version > (this.marks.get(secretId) ?? 0)) this.marks.set(secretId, version);
  }

  private requireOwned(secret: SecretRecord, row: ListedVersion): void {
    if (row.secret_id !== secret.row.secret_id || row.account_id !== secret.row.account_id)
      throw this.guard.refuse(`version ${row.version_id}`, 'it belongs to another secret');
  }

  /**
   * SECURITY: never answers a version below the mark. A row that was read before the mark rose may be older in good
   * faith and is read again; what is still older then was put back.
   */
  private async verified(found: SecretRow): Promise<SecretRecord> {
    const name = `secret ${found.secret_id}`;
    const sameRow = this.ofRow.get(found);
    let known = sameRow ?? this.assembled.get(found.secret_id);
    if (!sameRow && !(known && isSameRow(known.row, found))) {
      await this.guard.verify([guardedSecret(found)]);
      known = undefined;
    }
    const mark = this.marks.get(found.secret_id) ?? 0;
    let row = found;
    if (row.version < mark) {
      const again = await readSecret(this.store.read, found.secret_id);
      if (again) await this.guard.verify([guardedSecret(again)]);
      if (!again || again.version < mark) throw this.guard.refuse(name, `version ${row.version} was rolled back`);
      row = again;
      known = undefined;
    }
    this.written(row.secret_id, row.version);
    if (known) {
      this.ofRow.set(row, known);
      return known;
    }
    try {
      const record = assembleSecret(row);
      this.assembled.set(row.secret_id, record);
      this.ofRow.set(row, record);
      return record;
    } catch (error) {
      if (error instanceof InconsistentRow) throw this.guard.refuse(name, error.message);
      throw error;
    }
  }
}
