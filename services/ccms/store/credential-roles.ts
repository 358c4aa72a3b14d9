/** Credential roles, verified: what is answered is what this service wrote about the role that was asked for. */

import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { credentialRoleArn, type RoleSettings } from '../domain/leases/credential-role.ts';
import { type CredentialRoleRow, credentialRoleBytes } from '../domain/leases/rows.ts';
import type { Unsealed } from '../domain/rows.ts';
import { guardedRole, listRoles, listRolesInProject, readRoleByName, readRoles } from './role-queries.ts';
import type { CcmsTables } from './tables.ts';

export interface CredentialRole {
  row: CredentialRoleRow;
  arn: string;
  settings: RoleSettings;
}

export class CredentialRoles {
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async byName(accountId: string, name: string): Promise<CredentialRole | undefined> {
    const row = await readRoleByName(this.store.read, accountId, name);
    if (!row) return undefined;
    await this.guard.verify([guardedRole(row)]);
    if (row.account_id !== accountId || row.name !== name)
      throw this.guard.refuse(`credential role ${name}`, 'another role');
    return assemble(row);
  }

  /** By id; those that are gone are left out. */
  async byIds(roleIds: readonly string[]): Promise<Map<string, CredentialRole>> {
    if (roleIds.length === 0) return new Map();
    const rows = await readRoles(this.store.read, [...new Set(roleIds)]);
    await this.guard.verify(rows.map(guardedRole));
    return new Map(rows.map((row) => [row.role_id, assemble(row)]));
  }

  async list(accountId: string, after: string, limit: number): Promise<CredentialRole[]> {
    const rows = await listRoles(this.store.read, accountId, after, limit);
    await this.guard.verify(rows.map(guardedRole));
    return rows.map(assemble);
  }

  /** By id. */
  async inProject(where: Parameters<typeof listRolesInProject>[1]): Promise<CredentialRole[]> {
    const rows = await listRolesInProject(this.store.read, where);
    await this.guard.verify(rows.map(guardedRole));
    return rows.map(assemble);
  }

  async seal(row: Unsealed<CredentialRoleRow>): Promise<CredentialRoleRow> {
    const [mac] = await this.guard.seal([credentialRoleBytes(row)]);
    return { ...row, row_mac: mac! };
  }
}

export function assemble(row: CredentialRoleRow): CredentialRole {
  const place = { accountId: row.account_id, partition: row.partition, region: row.region };
  return { row, arn: credentialRoleArn(place, row.name), settings: JSON.parse(row.settings) as RoleSettings };
}
