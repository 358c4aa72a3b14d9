import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeRotationTarget } from '../testing/conformance.ts';
import { type MariaDbSubject, mariaDbSubject } from '../testing/mariadb-subject.ts';
import { newCredential } from '../testing/subject.ts';
import type { Grant } from './grants.ts';
import { nativePasswordHash } from './native-password.ts';
import { quoteText } from './quote.ts';
import { mariaDbRotation } from './rotation.ts';
import { withSession } from './session.ts';

describeRotationTarget('MariaDB, alternating users', () => mariaDbSubject(), { clearTextNeverTravels: true });

describe('MariaDB, alternating users', () => {
  let subject: MariaDbSubject;
  beforeAll(async () => {
    subject = await mariaDbSubject();
  });
  afterAll(() => subject?.stop());

  const first = async (settings = subject.settings) => {
    const target = mariaDbRotation(settings);
    const pending = newCredential(target.usernameAfter(undefined));
    await target.prepare();
    await target.set({ pending });
    return { target, pending };
  };

  it('makes the hash that the server makes', async () => {
    for (const password of ['pencil', '\'\\"', ' ', 'x'.repeat(512)]) {
      const [row] = await subject.server.root(
        'SET sql_mode = NO_BACKSLASH_ESCAPES',
        `SELECT PASSWORD(${quoteText(password)}) AS hash`,
      );
      expect(nativePasswordHash(Buffer.from(password))).toBe(row?.hash);
    }
  });

  it('quotes any text so that the server reads the same text', async () => {
    await withSession(subject.settings, { credential: subject.settings.admin }, async (session) => {
      const unit = fc.oneof(
        fc.constantFrom("'", '"', '\\', '`', '\0', '\n', '%', '_', '\u001a'),
        fc.string({ unit: 'grapheme' }),
      );
      await fc.assert(
        fc.asyncProperty(fc.string({ unit }), async (text) => {
          const [row] = await session.rows(`SELECT ${quoteText(text)} AS text`);
          expect(row?.text).toBe(text);
        }),
        { numRuns: 200 },
      );
    });
  });

  it('takes any names that the server takes', { timeout: 60_000 }, async () => {
    const unit = fc.constantFrom('"', "'", '\\', '`', ';', '$', '%', '_', '@', 'Ä', '-', 'x', 'X');
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, minLength: 1, maxLength: 12 }), async (name) => {
        number += 1;
        const users = [`${name}a${number}`, `${name}b${number}`] as const;
        const { target, pending } = await first({ ...subject.settings, users });
        const next = newCredential(target.usernameAfter(pending.username));
        await target.verify({ pending });
        await target.set({ pending: next, current: pending });
        await target.verify({ pending: next, current: pending });
        await target.retire({ outgoing: pending, keep: [next], sessions: 'end' });
      }),
      { numRuns: 15 },
    );
  });

  it.each(['', 'x'.repeat(33), 'ü'.repeat(17), 'a\0b', '\ud800'])('refuses the name %j', async (name) => {
    await expect(mariaDbRotation({ ...subject.settings, users: ['shop_a', name] }).prepare()).rejects.toMatchObject({
      code: 'name-unsuitable',
    });
  });

  it('reports grants that one user has and the other has not, and copies none', async () => {
    const { target, pending: one } = await first();
    const two = newCredential(target.usernameAfter(one.username));
    await target.set({ pending: two, current: one });
    await target.verify({ pending: two, current: one });
    await subject.server.root(`GRANT DELETE ON shop_1.stock TO ${two.username}@'%'`);
    await expect(target.verify({ pending: two, current: one })).rejects.toMatchObject({ code: 'grant-drift' });
    await subject.server.root(`REVOKE DELETE ON shop_1.stock FROM ${two.username}@'%'`);
    await target.verify({ pending: two, current: one });
  });

  it('grants on the database that is named, and on no other that looks like it', async () => {
    await subject.server.root('CREATE DATABASE shopX1', 'CREATE TABLE shopX1.stock (id int)');
    const { pending } = await first();
    await withSession(subject.settings, { credential: pending }, async (session) => {
      await session.rows('SELECT * FROM shop_1.stock');
      await expect(session.rows('SELECT * FROM shopX1.stock')).rejects.toMatchObject({ errno: 1142 });
    });
  });

  it('grants nothing that is no privilege on data', async () => {
    for (const privilege of ['ALL PRIVILEGES', 'SUPER', "SELECT ON *.* TO 'x'@'%'; --"]) {
      const grants = [{ privileges: [privilege], database: 'shop_1' }] as unknown as Grant[];
      await expect(mariaDbRotation({ ...subject.settings, grants }).prepare()).rejects.toMatchObject({
        code: 'statement-refused',
      });
    }
  });

  it('runs a test that is one statement and reads', { timeout: 20_000 }, async () => {
    for (const [testStatement, code] of [
      ['SELECT 1; SELECT 2', 'statement-refused'],
      ['INSERT INTO stock VALUES (1)', 'read-only'],
      ['SELECT * FROM missing', 'object-missing'],
      ['SELECT count(*) FROM seq_1_to_10000000000 WHERE seq % 7 = 3', 'timeout'],
    ] as const) {
      const { target, pending } = await first({ ...subject.settings, testStatement, statementTimeoutMs: 1000 });
      await expect(target.verify({ pending })).rejects.toMatchObject({ code });
    }
  });

  it('gives no verdict when the server has no place left', async () => {
    const { target, pending } = await first();
    await subject.server.root(`ALTER USER ${pending.username}@'%' WITH MAX_USER_CONNECTIONS 1`);
    const session = await subject.connect(pending);
    expect(await target.probe(pending)).toMatchObject({ answer: 'unreachable', failure: { code: 'busy' } });
    session.close();
    await subject.server.root(`ALTER USER ${pending.username}@'%' WITH MAX_USER_CONNECTIONS 0`);
  });
});
