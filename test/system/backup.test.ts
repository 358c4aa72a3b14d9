/**
 * A backup is made while everybody writes, and put back on an empty machine: what was acknowledged before is there and
 * opens, nothing is written before somebody answers for it, and the log goes on, linked to what it was.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { verifyFolder } from '../../services/audit/verify-folder.ts';
import {
  ask,
  backup,
  backupKilled,
  issue,
  type Kept,
  keep,
  listNumber,
  ocspSays,
  opens,
  operator,
  PASSPHRASE,
  revoke,
  SECRET_TEXT,
  serialOf,
  settings,
  verifies,
} from '../harness/backup.ts';
import { adminCredentials, environment, eventually, run } from '../harness/clients.ts';
import { createUser } from '../harness/people.ts';
import { type Running, root, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const SETTLED_MS = 30_000;

interface LogNames {
  Held: boolean;
  HeldBecause?: string;
  LogNames: { Epoch: number; Origin: string; Previous?: { Origin: string; CommonSize: number; Reason: string } }[];
}

const restoreState = async (server: Running) =>
  (await native(server, '/v1/audit/restore', {}, { method: 'GET' })).json() as unknown as LogNames;

/** Writes and uses until told to stop; answers what was acknowledged, and when. */
function load(server: Running, ciphertext: string) {
  const made: { keyId: string; at: number }[] = [];
  let isOver = false;
  const workers = Array.from({ length: 3 }, async () => {
    while (!isOver) {
      const answer = await native(server, '/v1/kms/create-key', {});
      expect(answer.status).toBe(200);
      made.push({ keyId: (answer.json().KeyMetadata as { KeyId: string }).KeyId, at: Date.now() });
      expect((await native(server, '/v1/kms/decrypt', { CiphertextBlob: ciphertext })).status).toBe(200);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(workers);
    return made;
  };
}

/** The arguments of every process that may be read. */
function everyArgument(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    })
    .join('\n');
}

const SHAPES = [
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
] as const;

describe.each(SHAPES)('backup and restore, %s on %s', (shape, engine) => {
  const who = operator();
  const file = join(who.folder, 'one.backup');
  const dataFolder = join(who.folder, 'restored');
  const checkpoint = join(who.folder, 'checkpoint');
  let server: Running;
  let restored: Running;
  let empty: PostgresServer | undefined;
  let kept: Kept;
  let acknowledged: { keyId: string; at: number }[] = [];
  let begunAt = 0;
  let laterKey = '';
  let laterNumber = 0;
  let laterSerial = '';

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    if (engine === 'postgres') empty = await startPostgres();
    kept = await eventually(() => keep(server).catch((error: Error) => void error), SETTLED_MS);
  }, 120_000);
  afterAll(async () => {
    await restored?.stop();
    await server?.stop();
    await empty?.stop();
    rmSync(who.folder, { recursive: true, force: true });
  });

  const into = (): Record<string, string> => (empty ? { PARAPET_DATABASE: empty.url } : {});
  const auditVerify = (of: Running, ...more: string[]) =>
    run(process.execPath, [join(root, 'dist/bin/parapet.js'), 'audit', 'verify', '--checkpoint', checkpoint, ...more], {
      ...environment(of, adminCredentials(of)),
    });

  it('is made while everybody writes', async () => {
    expect(await eventually(async () => (await auditVerify(server)).code === 0, SETTLED_MS)).toBe(true);
    const stop = load(server, kept.ciphertext);
    await new Promise((resume) => setTimeout(resume, 500));
    begunAt = Date.now();
    const making = backup(who, ['create', '--out', file], settings(server));
    let said = '';
    const looking = setInterval(() => (said += everyArgument()), 20);
    const ran = await making;
    clearInterval(looking);
    acknowledged = await stop();
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(server.dataFolder).filter((name) => name.startsWith('.backup-'))).toEqual([]);

    const bytes = readFileSync(file);
    const pin = readFileSync(join(server.dataFolder, 'hsm', 'pin'), 'latin1');
    expect(said).toContain('backup\0create');
    for (const secret of [PASSPHRASE, pin, SECRET_TEXT, server.admin.secretAccessKey]) {
      expect(bytes.includes(secret)).toBe(false);
      for (const text of [said, ran.stdout, ran.stderr, server.output()]) expect(text.includes(secret)).toBe(false);
    }
    // It goes on after the backup: what follows is not in it.
    const key = await ask<{ KeyMetadata: { KeyId: string } }>(server, 'kms/create-key', {});
    laterKey = key.KeyMetadata.KeyId;
    const later = await issue(server, kept.authority);
    laterSerial = serialOf(later.certificate);
    await revoke(server, kept.authority, later.certificate);
    laterNumber = await listNumber(server, kept.authority);
  });

  it('is verified', async () => {
    const ran = await backup(who, ['verify', file]);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/ok: the backup is whole/);
    expect(ran.stdout).toMatch(/log {3}audit\.local-1\.\S+: \d+ records, \d+ of them signed/);
    expect(ran.stdout).not.toMatch(/no key is known/);
  });

  it('is refused with another passphrase, changed, cut off, or when it is something else', async () => {
    const wrong = join(who.folder, 'wrong');
    writeFileSync(wrong, 'another passphrase', { mode: 0o600 });
    expect((await backup(who, ['verify', file, '--passphrase-file', wrong])).code).toBe(3);
    const bytes = readFileSync(file);
    const changed = join(who.folder, 'changed');
    writeFileSync(changed, bytes.with(Math.floor(bytes.length / 2), bytes[Math.floor(bytes.length / 2)]! ^ 1));
    expect(await backup(who, ['verify', changed])).toMatchObject({ code: 5 });
    expect((await backup(who, ['restore', changed, '--data', dataFolder], into())).code).toBe(5);
    writeFileSync(changed, bytes.subarray(0, -1));
    expect((await backup(who, ['verify', changed])).code).toBe(5);
    writeFileSync(changed, 'something else');
    expect((await backup(who, ['verify', changed])).code).toBe(1);
    expect(existsSync(dataFolder)).toBe(false);
  });

  it('is not put back where something is', async () => {
    const full = join(who.folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'file'), 'x');
    expect(await backup(who, ['restore', file, '--data', full], into())).toMatchObject({ code: 1 });
    expect(readdirSync(full)).toEqual(['file']);
    const running = await backup(who, ['restore', file, '--data', server.dataFolder], into());
    expect(running).toMatchObject({ code: 1 });
    expect(running.stderr).toMatch(/a server runs on|is not empty/);
    if (engine === 'postgres') {
      const used = await backup(who, ['restore', file, '--data', dataFolder], {
        PARAPET_DATABASE: server.databaseUrl!,
      });
      expect(used).toMatchObject({ code: 1 });
      expect(used.stderr).toMatch(/database is not empty/);
    }
    expect(existsSync(dataFolder)).toBe(false);
  });

  it('is previewed, is not half there when it is killed, and is put back', async () => {
    const preview = await backup(who, ['restore', file, '--data', dataFolder, '--dry-run'], into());
    expect(preview).toMatchObject({ code: 0 });
    expect(existsSync(dataFolder)).toBe(false);
    for (const ms of [700, 1_400]) {
      const other = join(who.folder, `killed-${ms}`);
      if (await backupKilled(who, ['restore', file, '--data', other], into(), ms))
        expect(existsSync(other)).toBe(false);
    }
    const ran = await backup(who, ['restore', file, '--data', dataFolder], into());
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain('declare-restore');
    expect(statSync(dataFolder).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })) {
      const state = statSync(join(dataFolder, entry));
      expect([entry, state.mode & 0o777]).toEqual([entry, state.isDirectory() ? 0o700 : 0o600]);
    }
    for (const secret of [PASSPHRASE, SECRET_TEXT]) expect(ran.stdout + ran.stderr).not.toContain(secret);
    if (engine === 'postgres') {
      // As after a restore that was ended when the database was filled, and the folder not there yet.
      rmSync(dataFolder, { recursive: true });
      expect(await backup(who, ['restore', file, '--data', dataFolder], into())).toMatchObject({ code: 0 });
    }
  });

  it('is read at once, and nothing is written before it is declared', async () => {
    await server.terminate();
    restored = await startParapet({ shape, engine, dataFolder, ...(empty && { databaseUrl: empty.url }) });
    await eventually(
      () =>
        opens(restored, kept).then(
          () => true,
          () => false,
        ),
      SETTLED_MS,
    );
    await opens(restored, kept);
    const before = (await restoreState(restored)).LogNames.length;
    expect(await restoreState(restored)).toMatchObject({ Held: true, HeldBecause: expect.stringMatching(/backup of/) });
    for (const [path, input] of [
      ['kms/create-key', {}],
      ['ccms/create-secret', { Name: 'x', SecretString: 'y' }],
      ['iam/create-user', { UserName: 'somebody' }],
      ['pca/revoke-certificate', revocationOf(kept)],
    ] as const) {
      const refused = await native(restored, `/v1/${path}`, input);
      expect([path, refused.status]).toEqual([path, 412]);
      expect(refused.text).toMatch(/nothing can be changed/);
    }
    expect(await ocspSays(restored, kept.authority, kept.certificate)).toMatch(/trylater/i);
    const signed = async () => (await native(restored, '/v1/audit/log/checkpoint', {}, { method: 'GET' })).json().Size;
    const size = await signed();
    await new Promise((resume) => setTimeout(resume, 1_500));
    expect(await signed()).toBe(size);
    expect((await restoreState(restored)).LogNames).toHaveLength(before);
  });

  it('is declared by whoever may, and that is in the record', async () => {
    const command = [
      join(root, 'dist/bin/parapet.js'),
      'audit',
      'declare-restore',
      '--reason',
      'the disk was lost',
      '--output',
      'json',
    ];
    const denied = await run(process.execPath, command, environment(restored, kept.session));
    expect(denied.code).not.toBe(0);
    const ran = await run(process.execPath, command, environment(restored, adminCredentials(restored)));
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const declared = JSON.parse(ran.stdout) as {
      Origin: string;
      Previous: { Origin: string; CommonSize: number };
      DeletionsNotBefore: string;
    };
    expect(Date.parse(declared.DeletionsNotBefore) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    expect(declared.Origin).toMatch(/^audit\.local-1\.[0-9a-f-]{36}$/);
    await eventually(async () => (await native(restored, '/v1/kms/create-key', {})).status === 200, SETTLED_MS);
    const state = await restoreState(restored);
    expect(state.Held).toBe(false);
    expect(state.LogNames).toMatchObject([
      { Epoch: 1, Origin: declared.Previous.Origin },
      { Epoch: 2, Origin: declared.Origin, Previous: { ...declared.Previous, Reason: 'the disk was lost' } },
    ]);
    const again = await run(process.execPath, command, environment(restored, adminCredentials(restored)));
    expect(again.code).not.toBe(0);
    const events = await eventually(async () => {
      const { records } = await readStream(restored);
      const found = records.filter(({ eventName, errorCode }) => eventName === 'DeclareRestore' && !errorCode);
      return found.length > 0 && found;
    }, SETTLED_MS);
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events[0])).toContain(declared.Previous.Origin);
    expect(JSON.stringify(events[0])).toContain(declared.DeletionsNotBefore);
    await eventually(
      async () => / revoked/.test(await ocspSays(restored, kept.authority, kept.certificate)),
      SETTLED_MS,
    );
  });

  it('has everything that was acknowledged before it began, each change with its record, and nothing twice', async () => {
    const { records } = await readStream(restored);
    const ids = records.map(({ eventID }) => eventID);
    expect(new Set(ids).size).toBe(ids.length);
    const created = new Set(
      records
        .filter(({ eventName, errorCode }) => eventName === 'CreateKey' && !errorCode)
        .flatMap((record) => JSON.stringify(record).match(/key\/[0-9a-f-]{36}/g) ?? []),
    );
    let found = 0;
    for (const { keyId, at } of acknowledged) {
      const isThere = (await native(restored, '/v1/kms/describe-key', { KeyId: keyId })).status === 200;
      if (at < begunAt) expect(isThere).toBe(true);
      if (isThere) found++;
      if (isThere) expect(created.has(`key/${keyId}`)).toBe(true);
    }
    expect(found).toBeGreaterThan(0);
    expect((await native(restored, '/v1/kms/describe-key', { KeyId: laterKey })).status).not.toBe(200);
  });

  it('goes on: keys of users work, sessions have ended, the authority issues, numbers of lists go on', async () => {
    await opens(restored, kept);
    const session = await native(restored, '/v1/sts/get-caller-identity', {}, { credentials: kept.session });
    expect(session.status).toBe(401);
    const fresh = await issue(restored, kept.authority);
    expect(await verifies(restored, kept.authority, fresh.certificate)).toMatch(/: OK$/);
    expect(serialOf(fresh.certificate)).not.toBe(laterSerial);
    const made = await eventually(async () => {
      const number = await listNumber(restored, kept.authority);
      return number > laterNumber && number;
    }, SETTLED_MS);
    await revoke(restored, kept.authority, fresh.certificate);
    expect(await listNumber(restored, kept.authority)).toBeGreaterThan(made);
    const user = await createUser(restored);
    expect((await native(restored, '/v1/sts/get-caller-identity', {}, { credentials: user.credentials })).status).toBe(
      200,
    );
  });

  it('proves that the log continues what was signed before the backup', async () => {
    const ran = await eventually(async () => {
      const one = await auditVerify(restored, '--output', 'json');
      return one.code === 0 && one;
    }, SETTLED_MS);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true, log: { ok: true } });
    const { LogNames } = await restoreState(restored);
    expect(readFileSync(checkpoint, 'utf8').split('\n')[0]).toBe(LogNames.at(-1)?.Origin);
    await restored.terminate();
    if (engine === 'sqlite') expect(verifyFolder(dataFolder)).toMatchObject({ ok: true });
    await restored.start();
    expect(await eventually(async () => (await auditVerify(restored)).code === 0, SETTLED_MS)).toBe(true);
    await eventually(async () => (await native(restored, '/v1/kms/create-key', {})).status === 200, SETTLED_MS);
  });
});

function revocationOf({ authority, certificate }: Kept) {
  return {
    CertificateAuthorityArn: authority,
    CertificateSerial: serialOf(certificate),
    RevocationReason: 'SUPERSEDED',
  };
}

describe.each(SHAPES)('a database that was put back alone, %s on %s', (shape, engine) => {
  let server: Running;
  beforeAll(async () => {
    server = await startParapet({ shape, engine });
  }, 120_000);
  afterAll(() => server?.stop());

  const names = () => readdirSync(server.dataFolder).filter((name) => /\.db(-wal|-shm)?$|\.records-/.test(name));
  const files = new Map<string, Buffer>();

  /** Of a stopped server. */
  async function keepDatabase(): Promise<void> {
    if (server.databaseUrl !== undefined)
      return statements(server.databaseUrl, 'create database kept template parapet');
    for (const name of names()) files.set(name, readFileSync(join(server.dataFolder, name)));
  }

  async function putBack(): Promise<void> {
    if (server.databaseUrl !== undefined)
      return statements(server.databaseUrl, 'drop database parapet', 'create database parapet template kept');
    for (const name of names()) rmSync(join(server.dataFolder, name));
    for (const [name, bytes] of files) writeFileSync(join(server.dataFolder, name), bytes, { mode: 0o600 });
  }

  it('serves no write until that is declared', async () => {
    await eventually(
      () =>
        ask(server, 'kms/create-key', {}).then(
          () => true,
          () => false,
        ),
      SETTLED_MS,
    );
    await server.terminate();
    await keepDatabase();
    await server.start();
    await eventually(
      () =>
        ask(server, 'kms/create-key', {}).then(
          () => true,
          () => false,
        ),
      SETTLED_MS,
    );
    for (let i = 0; i < 3; i++) await ask(server, 'kms/create-key', {});
    const signed = () => readFileSync(join(server.dataFolder, 'audit', 'signed-checkpoint'), 'utf8');
    const last = signed();
    await ask(server, 'kms/create-key', {});
    await eventually(async () => signed() !== last, SETTLED_MS);
    await server.terminate();
    await putBack();
    await server.start();
    // Separate processes learn it when the audit service answers for the first time.
    const held = await eventually(
      () =>
        restoreState(server)
          .then((state) => state.Held && state)
          .catch(() => undefined),
      SETTLED_MS,
    );
    // The second, when as many others were numbered before anybody looked: separate services report their starts.
    expect(held.HeldBecause).toMatch(
      /a log of \d+ records was signed, and the database has \d+|the first \d+ records are not those that were signed/,
    );
    if (shape === 'micro') await new Promise((resume) => setTimeout(resume, 6_000));
    const refused = await native(server, '/v1/kms/create-key', {});
    expect(refused.status).toBe(412);
    expect(refused.text).toMatch(/declare-restore/);
    const { Previous } = await ask<{ Previous: { Size: number; CommonSize: number } }>(
      server,
      'audit/declare-restore',
      {
        Reason: 'put back on purpose',
      },
    );
    expect(Previous.Size).toBeGreaterThan(Previous.CommonSize);
    await eventually(async () => (await native(server, '/v1/kms/create-key', {})).status === 200, SETTLED_MS);
  });
});

/** As the superuser, from beside the database. */
async function statements(url: string, ...texts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/\/parapet$/, '/postgres') });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

describe('a backup that is killed', () => {
  let server: Running;
  const who = operator();
  beforeAll(async () => {
    server = await startParapet();
  });
  afterAll(() => server.stop());

  it('leaves nothing that looks whole, and nothing in the way of the next', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-killed-'));
    let killed = 0;
    for (const ms of [300, 600, 900, 1_200]) {
      if (await backupKilled(who, ['create', '--out', join(folder, `${ms}.backup`)], settings(server), ms)) {
        killed++;
        expect(existsSync(join(folder, `${ms}.backup`))).toBe(false);
      }
    }
    expect(killed).toBeGreaterThan(0);
    expect(await backup(who, ['create', '--out', folder], settings(server))).toMatchObject({ code: 0 });
    const [name] = readdirSync(folder).filter((one) => one.startsWith('parapet-local-1-'));
    expect(await backup(who, ['verify', join(folder, name!)])).toMatchObject({ code: 0 });
    expect(readdirSync(server.dataFolder).filter((one) => one.startsWith('.backup-'))).toEqual([]);
    const hashed = createHash('sha256')
      .update(readFileSync(join(folder, name!)))
      .digest('hex');
    const again = await backup(who, ['create', '--out', join(folder, name!)], settings(server));
    expect(again).toMatchObject({ code: 1 });
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, name!)))
        .digest('hex'),
    ).toBe(hashed);
    rmSync(folder, { recursive: true });
  });
});
