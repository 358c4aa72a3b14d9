/** The way to a target: encrypted, and to the right one, or not at all. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverAccount } from '../../../platform/store/testing/private-server.ts';
import { mariaDbRotation } from './mariadb/rotation.ts';
import type { Endpoint, RotationTarget, Tls } from './port.ts';
import { postgresRotation } from './postgres/rotation.ts';
import { redisRotation } from './redis/rotation.ts';
import { type TestCertificate, testCertificate } from './testing/certificates.ts';
import { mariaDbSubject } from './testing/mariadb-subject.ts';
import { postgresSubject } from './testing/postgres-subject.ts';
import { redisSubject } from './testing/redis-subject.ts';
import { newCredential } from './testing/subject.ts';
import { openWire } from './testing/wire.ts';

interface TlsSubject {
  readonly serverPort: number;
  at(tls: Tls, endpoint: Endpoint): RotationTarget;
  stop(): Promise<void>;
}

const NAME = 'db.shop.example';

const STARTS: [string, string, (certificate: TestCertificate) => Promise<TlsSubject>][] = [
  [
    'PostgreSQL',
    'postgres',
    async ({ keyFile, certificateFile }) => {
      const subject = await postgresSubject();
      await subject.root(
        `ALTER SYSTEM SET ssl_cert_file = '${certificateFile}'`,
        `ALTER SYSTEM SET ssl_key_file = '${keyFile}'`,
        'ALTER SYSTEM SET ssl = on',
        'SELECT pg_reload_conf()',
        'SELECT pg_sleep(0.3)',
      );
      return {
        ...subject,
        at: (tls, endpoint) => postgresRotation({ ...subject.settings, tls, endpoints: [endpoint] }),
      };
    },
  ],
  [
    'MariaDB',
    'mysql',
    async ({ keyFile, certificateFile }) => {
      const subject = await mariaDbSubject({ 'ssl-cert': certificateFile, 'ssl-key': keyFile });
      return {
        ...subject,
        at: (tls, endpoint) => mariaDbRotation({ ...subject.settings, tls, endpoints: [endpoint] }),
      };
    },
  ],
  [
    'Redis',
    'root',
    async ({ keyFile, certificateFile }) => {
      const subject = await redisSubject({}, { key: keyFile, certificate: certificateFile });
      return {
        ...subject,
        serverPort: subject.server.tlsPort!,
        at: (tls, endpoint) => redisRotation({ ...subject.settings, tls, endpoints: [endpoint] }),
      };
    },
  ],
];

describe.each(STARTS)('the way to %s', (_, account, start) => {
  let certificate: TestCertificate;
  let subject: TlsSubject;
  beforeAll(async () => {
    certificate = testCertificate(NAME, account === 'root' ? undefined : serverAccount(account));
    subject = await start(certificate);
  });
  afterAll(async () => {
    await subject?.stop();
    rmSync(dirname(certificate.keyFile), { recursive: true, force: true });
  });

  it('is taken when the server proves to be the one that was meant', async () => {
    const tls = { mode: 'verify', ca: certificate.pem, serverName: NAME } as const;
    const wire = await openWire(subject.serverPort);
    const target = subject.at(tls, { host: '127.0.0.1', port: wire.port });
    const pending = newCredential(target.usernameAfter(undefined));
    await target.prepare();
    await target.set({ pending });
    await target.verify({ pending });
    expect(await target.probe(pending)).toEqual({ answer: 'valid' });
    expect(await target.probe(newCredential(pending.username))).toEqual({ answer: 'refused' });
    const heard = wire.heard();
    expect(heard.length).toBeGreaterThan(1000);
    for (const secret of [pending.username, pending.password.toString()]) expect(heard.includes(secret)).toBe(false);
    await wire.close();
  });

  it.each<[string, (pem: string) => Tls]>([
    ['of another name', (pem) => ({ mode: 'verify', ca: pem, serverName: 'other.example' })],
    ['that nobody vouches for', () => ({ mode: 'verify', serverName: NAME })],
    ['that does not name the address', (pem) => ({ mode: 'verify', ca: pem })],
  ])('is not taken to a server %s, and that is no verdict about a password', async (_case, tls) => {
    const target = subject.at(tls(certificate.pem), { host: '127.0.0.1', port: subject.serverPort });
    const credential = newCredential(target.usernameAfter(undefined));
    expect(await target.probe(credential)).toMatchObject({ answer: 'unreachable', failure: { code: 'tls-failed' } });
    await expect(target.prepare()).rejects.toMatchObject({ code: 'tls-failed' });
  });

  it.each(['db.shop.example', '10.0.0.7', '::ffff:10.0.0.7', '0.0.0.0', '128.0.0.1'])(
    'is not taken in the clear to %s',
    async (host) => {
      const target = subject.at({ mode: 'plain' }, { host, port: subject.serverPort });
      await expect(target.prepare()).rejects.toMatchObject({ code: 'tls-required' });
      expect(await target.probe(newCredential(target.usernameAfter(undefined)))).toMatchObject({
        answer: 'unreachable',
        failure: { code: 'tls-required' },
      });
    },
  );
});

describe('a server without TLS', () => {
  it('is not spoken to when TLS was asked for', { timeout: 60_000 }, async () => {
    const [postgres, mariaDb, redis] = [await postgresSubject(), await mariaDbSubject(), await redisSubject()];
    const tls = { mode: 'verify', serverName: NAME } as const;
    const endpoints = (port: number) => [{ host: '127.0.0.1', port }] as const;
    const refused = async (target: RotationTarget, code: unknown) => {
      await expect(target.prepare()).rejects.toMatchObject({ code });
      expect((await target.probe(newCredential(target.usernameAfter(undefined)))).answer).toBe('unreachable');
    };
    await refused(
      postgresRotation({ ...postgres.settings, tls, endpoints: endpoints(postgres.serverPort) }),
      'tls-failed',
    );
    await refused(
      mariaDbRotation({ ...mariaDb.settings, tls, endpoints: endpoints(mariaDb.serverPort) }),
      'tls-failed',
    );
    // Redis does not answer a greeting that it does not understand.
    const silent = { ...redis.settings, tls, endpoints: endpoints(redis.serverPort), connectTimeoutMs: 1000 };
    await refused(redisRotation(silent), expect.stringMatching(/^(tls-failed|timeout|unreachable)$/));
    for (const one of [postgres, mariaDb, redis]) await one.stop();
  });
});
