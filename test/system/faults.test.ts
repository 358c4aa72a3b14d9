/** The HSM goes and comes back, the disk fills and is freed: what can go on goes on, and nothing needs a restart. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, raw } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { json11, native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

async function keyAndBlob(server: Running): Promise<{ keyId: string; blob: string }> {
  const made = await native(server, '/v1/kms/create-key', {});
  const keyId = (made.json().KeyMetadata as { KeyId: string }).KeyId;
  const sealed = await native(server, '/v1/kms/encrypt', { KeyId: keyId, Plaintext: 'eA==' });
  return { keyId, blob: sealed.json().CiphertextBlob as string };
}

describe('the HSM', () => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet();
  });
  afterAll(() => server.stop());

  it('gone: requests that need it answer 503 and say why, everything else goes on; back: service resumes', async () => {
    const { blob, keyId } = await keyAndBlob(server);
    const tokens = join(server.dataFolder, 'hsm', 'tokens');
    renameSync(tokens, `${tokens}-away`);
    const refused = await eventually(async () => {
      const answer = await native(server, '/v1/kms/create-key', {});
      return answer.status === 503 ? answer : undefined;
    }, 15_000);
    expect(refused.json()).toMatchObject({ code: 'Unavailable', reason: 'HsmUnavailable' });
    expect(refused.headers['retry-after']).toBeDefined();
    const aws = await json11(server, 'TrentService.CreateKey', {});
    expect(aws.status).toBe(503);
    expect(aws.json().__type).toMatch(/^(KeyUnavailable|DependencyTimeout)Exception$/);
    expect((await native(server, '/v1/kms/describe-key', { KeyId: keyId })).status).toBe(200);
    expect((await native(server, '/v1/iam/list-users', {})).status).toBe(200);
    const ready = await raw(server, { path: '/readyz' });
    expect(ready.status).toBe(503);
    expect((ready.json().dependencies as { hsm: { ok: boolean } }).hsm.ok).toBe(false);
    renameSync(`${tokens}-away`, tokens);
    await eventually(async () => (await native(server, '/v1/kms/create-key', {})).status === 200, 20_000);
    expect((await native(server, '/v1/kms/decrypt', { CiphertextBlob: blob })).status).toBe(200);
    expect((await raw(server, { path: '/readyz' })).status).toBe(200);
  });

  it('killed: the agent is started again and requests go on', async () => {
    const { blob } = await keyAndBlob(server);
    const pids = execFileSync('pgrep', ['-f', `hsm/agent/main.js.*${server.dataFolder}`])
      .toString()
      .trim()
      .split('\n')
      .map(Number);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await eventually(
      async () => (await native(server, '/v1/kms/decrypt', { CiphertextBlob: blob })).status === 200,
      15_000,
    );
  });
});

const root = process.getuid?.() === 0;

describe.skipIf(!root)('the disk (skipped without root: a small file system is mounted)', () => {
  const mount = mkdtempSync(join(tmpdir(), 'parapet-disk-'));
  let server: Running;
  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', mount]);
    server = await startParapet({ dataFolder: mount });
  });
  afterAll(async () => {
    await server?.stop();
    execFileSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true, force: true });
  });

  it('full: requests are refused clearly and nothing is half done; freed: service resumes', async () => {
    const { blob } = await keyAndBlob(server);
    const before = ((await native(server, '/v1/kms/list-keys', { Limit: 1000 })).json().Keys as unknown[]).length;
    const filler = join(mount, 'filler');
    let made = 0;
    const fill = () => {
      try {
        writeFileSync(filler, Buffer.alloc(64 << 20));
      } catch {
        // ENOSPC is the point.
      }
    };
    fill();
    let refused: Awaited<ReturnType<typeof native>> | undefined;
    for (let i = 0; i < 400 && !refused; i++) {
      const answer = await native(server, '/v1/kms/create-key', { Description: 'x'.repeat(8000) });
      if (answer.status === 200) made++;
      else refused = answer;
    }
    expect(refused?.status).toBe(503);
    expect(refused?.json().code).toBe('Unavailable');
    expect(String(refused?.json().hint)).toMatch(/free space/);
    rmSync(filler);
    await eventually(
      async () => (await native(server, '/v1/kms/decrypt', { CiphertextBlob: blob })).status === 200,
      15_000,
    );
    const after = ((await native(server, '/v1/kms/list-keys', { Limit: 1000 })).json().Keys as unknown[]).length;
    expect(after).toBe(before + made);
    // The audit database was full too: its records come when the relay tries again.
    const created = await eventually(async () => {
      const { records } = await readStream(server);
      const found = records.filter((r) => r.eventName === 'CreateKey' && r.errorCode === undefined);
      return found.length >= after ? found : undefined;
    }, 30_000);
    expect(created.length).toBe(after);
    expect(readdirSync(mount)).toContain('kms.db');
  });
});
