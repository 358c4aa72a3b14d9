import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryRoots } from '../../hsm/memory/memory.ts';
import { iamApi as api } from './api/index.ts';
import { bootstrap } from './index.ts';
import { callerOf, errorOf, type IamWorld, openIam } from './testing/harness.ts';

const open: { folder: string; world?: IamWorld } = { folder: '' };
afterEach(async () => {
  await open.world?.close();
  rmSync(open.folder, { recursive: true, force: true });
});

async function start(roots: ReturnType<typeof createMemoryRoots>): Promise<IamWorld> {
  await open.world?.close();
  open.world = await openIam({ folder: open.folder, roots, firstRun: false });
  return open.world;
}

describe('the first run', () => {
  it('ends with a working administrator and does not happen again', async () => {
    open.folder = mkdtempSync(join(tmpdir(), 'parapet-iam-first-'));
    const roots = createMemoryRoots();
    const world = await start(roots);
    const first = await bootstrap(world.deps);
    expect(first).toMatchObject({ userName: 'admin', accountId: expect.stringMatching(/^[1-9]\d{11}$/) });
    expect(first?.secret.toString('latin1')).toMatch(/^[A-Za-z0-9+/]{40}$/);
    await first?.confirm();
    expect(first?.secret.every((byte) => byte === 0)).toBe(true);
    const again = await start(roots);
    expect(await bootstrap(again.deps)).toBeUndefined();
    const admin = await callerOf(again, first?.accessKeyId as string);
    await again.as(admin, api.CreateUser, { UserName: 'works' });
  });

  it('replaces a key that may never have reached its file, however often it crashed', async () => {
    open.folder = mkdtempSync(join(tmpdir(), 'parapet-iam-first-'));
    const roots = createMemoryRoots();
    const issued: string[] = [];
    for (let crash = 0; crash < 4; crash++) {
      const world = await start(roots);
      issued.push((await bootstrap(world.deps))?.accessKeyId as string);
    }
    const world = await start(roots);
    const last = await bootstrap(world.deps);
    await last?.confirm();
    for (const lost of issued) expect(await errorOf(callerOf(world, lost))).toMatchObject({ code: 'UnknownAccessKey' });
    const admin = await callerOf(world, last?.accessKeyId as string);
    expect(await world.as(admin, api.ListAccessKeys, {})).toMatchObject({
      AccessKeyMetadata: [{ AccessKeyId: last?.accessKeyId }],
    });
    expect((await world.as(admin, api.ListAccounts, {})).Accounts).toHaveLength(1);
  });

  it('does not confirm a key that another process replaced', async () => {
    open.folder = mkdtempSync(join(tmpdir(), 'parapet-iam-first-'));
    const world = await start(createMemoryRoots());
    const slow = await bootstrap(world.deps);
    const fast = await bootstrap(world.deps);
    await expect(slow?.confirm()).rejects.toThrow('another process replaced the key');
    await fast?.confirm();
    expect(await bootstrap(world.deps)).toBeUndefined();
  });
});
