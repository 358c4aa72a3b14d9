/** Starting, stopping and starting wrongly: every refusal is a sentence that says what to do, and changes nothing. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { raw } from '../harness/clients.ts';
import { type Running, root, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

let server: Running | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.stop();
  server = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Runs an entry point until it ends by itself. */
function attempt(
  env: Record<string, string>,
  args: string[] = ['dist/bin/all.js'],
): Promise<{ code: number; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--disallow-code-generation-from-strings', ...args], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', PARAPET_LOG_LEVEL: 'warn', ...env },
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('exit', (code) => {
      clearTimeout(late);
      done({ code: code ?? -1, stderr });
    });
  });
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-start-'));
  folders.push(folder);
  return folder;
}

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a start', () => {
  it('leaves the bootstrap files readable by the owner only, and keeps them on the next start', async () => {
    server = await startParapet();
    const bootstrap = join(server.dataFolder, 'bootstrap');
    expect(readdirSync(bootstrap).sort()).toEqual(['admin.env', 'admin.json', 'ca.pem']);
    expect(statSync(server.dataFolder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(bootstrap)) expect(statSync(join(bootstrap, name)).mode & 0o777).toBe(0o600);
    const before = digest(join(bootstrap, 'admin.json'));
    expect(await server.terminate()).toEqual([0]);
    await server.start();
    expect(digest(join(bootstrap, 'admin.json'))).toBe(before);
    expect((await native(server, '/v1/sts/get-caller-identity')).status).toBe(200);
  });

  it('refuses a second start on the same data folder', async () => {
    server = await startParapet();
    const second = await attempt({ PARAPET_DATA: server.dataFolder, PARAPET_LISTEN: `127.0.0.1:${await freePort()}` });
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/^parapet cannot start: .*(in use|another process|locked)/m);
    expect((await native(server, '/v1/sts/get-caller-identity')).status).toBe(200);
  });

  it('refuses a port in use and names the setting', async () => {
    const holder = createServer();
    await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
    const { port } = holder.address() as { port: number };
    const { code, stderr } = await attempt({ PARAPET_DATA: temporary(), PARAPET_LISTEN: `127.0.0.1:${port}` });
    holder.close();
    expect(code).toBe(2);
    expect(stderr).toContain('PARAPET_LISTEN');
  });

  it.each([
    ['PARAPET_LISTEN', 'nonsense'],
    ['PARAPET_REGION', '-bad-'],
    ['PARAPET_PARTITION', 'cloud'],
    ['PARAPET_CLOCK_WINDOW_SECONDS', '10'],
  ])('refuses %s=%s', async (name, value) => {
    const { code, stderr } = await attempt({ PARAPET_DATA: temporary(), [name]: value });
    expect(code).toBe(2);
    expect(stderr).toContain(name);
  });

  it('names the services there are when none fits', async () => {
    const { code, stderr } = await attempt({}, ['dist/bin/service.js', 'nothing']);
    expect(code).toBe(2);
    expect(stderr).toContain('iam, kms, ccms, pca, org, audit, gateway');
  });

  it('refuses a corrupt database and writes nothing', async () => {
    server = await startParapet();
    await server.terminate();
    const path = join(server.dataFolder, 'kms.db');
    truncateSync(path, 5000);
    const before = digest(path);
    const { code, stderr } = await attempt({
      PARAPET_DATA: server.dataFolder,
      PARAPET_LISTEN: `127.0.0.1:${server.port}`,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/restore/);
    expect(digest(path)).toBe(before);
  });

  it('refuses a database of a newer release and writes nothing', async () => {
    server = await startParapet();
    await server.terminate();
    const path = join(server.dataFolder, 'iam.db');
    const db = new Database(path);
    const columns = db.prepare('select * from schema_migration limit 1').get() as Record<string, unknown>;
    const names = Object.keys(columns);
    db.prepare(`insert into schema_migration (${names.join(',')}) values (${names.map(() => '?').join(',')})`).run(
      ...names.map((n) => (n === 'name' ? 'iam/9999_future' : n === 'position' || n === 'ordinal' ? 9999 : columns[n])),
    );
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    const before = digest(path);
    const { code, stderr } = await attempt({
      PARAPET_DATA: server.dataFolder,
      PARAPET_LISTEN: `127.0.0.1:${server.port}`,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/newer/);
    expect(digest(path)).toBe(before);
  });

  it('says which package is missing when there is no SoftHSM', async () => {
    const { code, stderr } = await attempt({
      PARAPET_DATA: temporary(),
      PARAPET_LISTEN: `127.0.0.1:${await freePort()}`,
      PARAPET_HSM_MODULE: '/nonexistent/libsofthsm2.so',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/softhsm/i);
  });
});

describe('a stop', () => {
  it('finishes requests in flight and refuses new connections', async () => {
    server = await startParapet();
    const running = server;
    const started = Array.from({ length: 16 }, () => native(running, '/v1/kms/create-key', {}));
    await Promise.race(started);
    const codes = running.terminate();
    const answers = await Promise.allSettled(started);
    const answered = answers.filter((a) => a.status === 'fulfilled');
    for (const a of answered) expect(a.value.status, a.value.text).toBe(200);
    expect(await codes).toEqual([0]);
    await expect(raw(running, { path: '/healthz' })).rejects.toThrow();
    await running.start();
    const keys = (await native(running, '/v1/kms/list-keys', { Limit: 1000 })).json().Keys as unknown[];
    expect(keys.length).toBeGreaterThanOrEqual(answered.length);
  });
});
