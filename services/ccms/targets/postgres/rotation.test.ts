import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeRotationTarget } from '../testing/conformance.ts';
import { type PostgresSubject, postgresSubject } from '../testing/postgres-subject.ts';
import { logsIn, newCredential } from '../testing/subject.ts';
import { postgresRotation } from './rotation.ts';
import { scramVerifier } from './scram.ts';

describeRotationTarget('PostgreSQL, alternating users', postgresSubject, { clearTextNeverTravels: true });

describe('the verifier', () => {
  it('is the one of RFC 7677, section 3, for the password pencil', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(scramVerifier(Buffer.from('pencil'), salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});

describe('PostgreSQL, alternating users', () => {
  let subject: PostgresSubject;
  beforeAll(async () => {
    subject = await postgresSubject();
  });
  afterAll(() => subject?.stop());

  const first = async (settings = subject.settings) => {
    const target = postgresRotation(settings);
    const pending = newCredential(target.usernameAfter(undefined));
    await target.prepare();
    await target.set({ pending });
    return { target, pending };
  };

  it('lets both users work on what either of them made', async () => {
    const { target, pending: one } = await first();
    const two = newCredential(target.usernameAfter(one.username));
    await target.set({ pending: two, current: one });
    for (const [credential, statement] of [
      [one, 'CREATE TABLE made (id int)'],
      [two, 'ALTER TABLE made ADD COLUMN more int'],
    ] as const) {
      const client = new pg.Client({
        host: '127.0.0.1',
        port: subject.serverPort,
        database: subject.settings.database,
        user: credential.username,
        password: credential.password.toString(),
      });
      await client.connect();
      await client.query(statement);
      await client.end();
    }
  });

  it('takes any names that the server takes', { timeout: 60_000 }, async () => {
    const unit = fc.constantFrom('"', "'", '\\', '`', ';', '$', '%', ' ', 'Ä', '中', '-', 'x', 'X');
    const name = fc.string({ unit, minLength: 1, maxLength: 15 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(name, name, async (a, owner) => {
        number += 1;
        const users = [`${a}${number}`, `${a}"${number}`] as const;
        const ownerRole = `o${number}${owner}`;
        await subject.root(
          `CREATE ROLE ${pg.escapeIdentifier(ownerRole)} NOLOGIN`,
          `GRANT ${pg.escapeIdentifier(ownerRole)} TO ccms_rotator WITH ADMIN OPTION`,
          `GRANT CONNECT ON DATABASE ${subject.settings.database} TO ${pg.escapeIdentifier(ownerRole)}`,
        );
        const { target, pending } = await first({ ...subject.settings, users, ownerRole, testStatement: 'SELECT 1' });
        await target.verify({ pending });
        const next = newCredential(target.usernameAfter(pending.username));
        await target.set({ pending: next, current: pending });
        await target.verify({ pending: next, current: pending });
        await target.retire({ outgoing: pending, keep: [next], sessions: 'end' });
      }),
      { numRuns: 12 },
    );
  });

  it.each(['', 'x'.repeat(64), 'ü'.repeat(32), 'a\0b', 'a\nb', '\ud800'])('refuses the name %j', async (name) => {
    const target = postgresRotation({ ...subject.settings, users: ['shop_a', name] });
    await expect(target.prepare()).rejects.toMatchObject({ code: 'name-unsuitable' });
  });

  it('refuses one role in two parts', async () => {
    for (const users of [
      ['shop_a', 'shop_a'],
      ['shop_owner', 'shop_b'],
    ] as const)
      await expect(postgresRotation({ ...subject.settings, users }).prepare()).rejects.toMatchObject({
        code: 'name-unsuitable',
      });
  });

  it('notices a server that lets the user in without a password', async () => {
    const { target, pending } = await first();
    const [{ file }] = (await subject.root('SHOW hba_file')).map((row) => ({ file: String(row.hba_file) })) as [
      { file: string },
    ];
    const { readFileSync, writeFileSync } = await import('node:fs');
    const before = readFileSync(file, 'utf8');
    const reload = () => subject.root('SELECT pg_reload_conf()', 'SELECT pg_sleep(0.3)');
    writeFileSync(file, `host all ${pending.username} 127.0.0.1/32 trust\n${before}`);
    await reload();
    await expect(target.verify({ pending })).rejects.toMatchObject({ code: 'accepts-anything' });
    // No line for the user: nothing is said about the password.
    writeFileSync(file, `host all ${pending.username} 127.0.0.1/32 reject\n${before}`);
    await reload();
    expect(await target.probe(pending)).toMatchObject({ answer: 'unreachable', failure: { vendorCode: '28000' } });
    writeFileSync(file, before);
    await reload();
    await target.verify({ pending });
  });

  it('notices a user who acts as somebody else', async () => {
    const { target, pending } = await first();
    await subject.root(`ALTER ROLE ${pending.username} IN DATABASE ${subject.settings.database} RESET role`);
    await expect(target.verify({ pending })).rejects.toMatchObject({ code: 'wrong-identity' });
    await target.prepare();
    await target.verify({ pending });
  });

  it.each([
    ['SELECT 1; DROP TABLE stock', 'statement-refused'],
    ['DROP TABLE stock', 'read-only'],
    ['SELECT * FROM missing', 'statement-refused'],
    ['SELECT pg_sleep(30)', 'timeout'],
  ])('runs a test that is one statement and reads: not %s', { timeout: 20_000 }, async (testStatement, code) => {
    const { target, pending } = await first({ ...subject.settings, testStatement, statementTimeoutMs: 1000 });
    await expect(target.verify({ pending })).rejects.toMatchObject({ code });
    await subject.root('SELECT count(*) FROM stock');
  });

  it('gives no verdict when the server has no place left', async () => {
    const { target, pending } = await first();
    await subject.root(`ALTER ROLE ${pending.username} CONNECTION LIMIT 1`);
    const session = await subject.connect(pending);
    expect(await target.probe(pending)).toMatchObject({ answer: 'unreachable', failure: { code: 'busy' } });
    session.close();
    await subject.root(`ALTER ROLE ${pending.username} CONNECTION LIMIT -1`);
  });

  it('says that the rotator lacks a privilege, or is refused', async () => {
    const weak = { username: 'weak', password: Buffer.from('weak') };
    await subject.root(
      "CREATE ROLE weak LOGIN PASSWORD 'weak'",
      `GRANT CONNECT ON DATABASE ${subject.settings.database} TO weak`,
    );
    await expect(
      postgresRotation({ ...subject.settings, admin: weak, users: ['n_a', 'n_b'] }).prepare(),
    ).rejects.toMatchObject({
      code: 'permission-missing',
    });
    const wrong = { ...subject.settings, admin: newCredential('ccms_rotator') };
    await expect(postgresRotation(wrong).prepare()).rejects.toMatchObject({ code: 'admin-refused' });
    const { target, pending } = await first();
    await target.verify({ pending });
    expect(await logsIn(subject, pending)).toBe(true);
  });

  it('asks every endpoint, and one that is down is no verdict', async () => {
    const { pending } = await first();
    const down = { host: '127.0.0.1', port: 1 };
    const target = postgresRotation({ ...subject.settings, endpoints: [...subject.settings.endpoints, down] });
    await expect(target.verify({ pending })).rejects.toMatchObject({ code: 'unreachable' });
    await expect(target.finish({ pending })).rejects.toMatchObject({ code: 'unreachable' });
  });
});
