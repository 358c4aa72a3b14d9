/** What an installation of an earlier release holds is still there, and still guarded, after the upgrade. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Migration, openStore } from '../../../../platform/store/index.ts';
import { postgresMissing, startPostgres } from '../../../../platform/store/testing/postgres-server.ts';
import type { IamDb } from '../schema.ts';
import { init } from './0001_init.ts';
import { roles } from './0002_roles.ts';
import { enterpriseProjects } from './0003_enterprise_projects.ts';
import { roleUse } from './0004_role_use.ts';
import { devicesAndNamespacesInProjects } from './0005_devices_and_namespaces_in_projects.ts';

const ACCOUNT = '111122223333';
const missing = postgresMissing();
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  it.skipIf(engine === 'postgres' && missing !== undefined)('keys keep their owner and their last use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-migrate-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const server = engine === 'postgres' ? await startPostgres() : undefined;
    if (server) ends.push(() => server.stop());
    const open = (migrations: Migration[]) =>
      // biome-ignore lint/suspicious/noExplicitAny: the schema of the earlier release
      openStore<any>({ service: 'iam', folder, url: server?.url, clock: { now: () => 1 }, migrations });

    const before = await open([init]);
    await before.transaction(async (tx) => {
      const account = { account_id: ACCOUNT, name: 'a', email: null, kind: 'member', created_at: 1 };
      await tx.insertInto('account').values(account).execute();
      const user = { user_id: 'AIDA1', account_id: ACCOUNT, name: 'u', name_key: 'u', path: '/', created_at: 1 };
      await tx.insertInto('iam_user').values(user).execute();
      const key = { access_key_id: 'AKIA1', account_id: ACCOUNT, user_id: 'AIDA1', sealed: Buffer.from('sealed') };
      const used = { last_used_at: 7, last_used_service: 'kms', last_used_region: 'local-1' };
      await tx
        .insertInto('access_key')
        .values({ ...key, status: 'Active', created_at: 2, ...used })
        .execute();
    });
    await before.close();

    const after = await open([init, roles]);
    ends.push(() => after.close());
    expect(await after.read.selectFrom('access_key').selectAll().execute()).toEqual([
      {
        access_key_id: 'AKIA1',
        account_id: ACCOUNT,
        owner_id: 'AIDA1',
        sealed: Buffer.from('sealed'),
        status: 'Active',
        created_at: 2,
        last_used_at: 7,
        last_used_service: 'kms',
        last_used_region: 'local-1',
      } satisfies IamDb['access_key'],
    ]);
    const user = await after.read.selectFrom('iam_user').select('sessions_not_before').executeTakeFirst();
    expect(user).toEqual({ sessions_not_before: 0 });
    const stray = { access_key_id: 'AKIA2', account_id: '999999999999', owner_id: 'x', sealed: Buffer.from('x') };
    const insert = after.transaction((tx) =>
      tx
        .insertInto('access_key')
        .values({ ...stray, status: 'Active', created_at: 1 })
        .execute(),
    );
    await expect(insert).rejects.toThrow();
  });

  it.skipIf(engine === 'postgres' && missing !== undefined)(
    'devices and namespaces are in the default project',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'parapet-migrate-'));
      ends.push(() => rmSync(folder, { recursive: true, force: true }));
      const server = engine === 'postgres' ? await startPostgres() : undefined;
      if (server) ends.push(() => server.stop());
      const open = (migrations: Migration[]) =>
        // biome-ignore lint/suspicious/noExplicitAny: the schema of the earlier release
        openStore<any>({ service: 'iam', folder, url: server?.url, clock: { now: () => 1 }, migrations });

      const before = await open([init, roles, enterpriseProjects]);
      await before.transaction(async (tx) => {
        const account = { account_id: ACCOUNT, name: 'a', email: null, kind: 'member', created_at: 1 };
        await tx.insertInto('account').values(account).execute();
        const device = { serial: 'arn:aws:iam::1:mfa/d', account_id: ACCOUNT, name_key: 'd', created_at: 1 };
        await tx
          .insertInto('mfa_device')
          .values({ ...device, sealed: Buffer.from('s') })
          .execute();
        const namespace = { account_id: ACCOUNT, name: 'billing', definition: '{}', created_at: 1 };
        await tx.insertInto('namespace').values(namespace).execute();
      });
      await before.close();

      const after = await open([init, roles, enterpriseProjects, roleUse, devicesAndNamespacesInProjects]);
      ends.push(() => after.close());
      for (const table of ['mfa_device', 'namespace'])
        expect(await after.read.selectFrom(table).select('enterprise_project_id').execute()).toEqual([
          { enterprise_project_id: '0' },
        ]);
    },
  );
});
