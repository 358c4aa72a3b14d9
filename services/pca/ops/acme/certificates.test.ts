/** Certificates that came from ACME orders: who revokes them, and rows that somebody changed. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AcmeClient } from '../../testing/acme-client.ts';
import { acmeWorld } from '../../testing/acme-world.ts';

const world = acmeWorld();
const { makeDirectory, opened, csr, issued, identity } = world;

describe('a revocation', () => {
  it('is asked for by the account that ordered, without saying that the key leaked', async () => {
    const made = await makeDirectory();
    const [client, other] = [await opened(made), await opened(made)];
    const { der } = await issued(client);
    const revoke = (who: AcmeClient, reason: number, bytes = der) =>
      who.post(who.url('revoke-cert'), { certificate: bytes.toString('base64url'), reason });
    expect((await revoke(other, 4)).problem).toBe('unauthorized');
    expect((await revoke(client, 1)).problem).toBe('badRevocationReason');
    expect((await revoke(client, 6)).problem).toBe('badRevocationReason');
    expect((await revoke(client, 4, Buffer.from('3000', 'hex'))).problem).toBe('malformed');
    await other.order('b.free.example.com');
    expect((await revoke(other, 4)).problem).toBe('unauthorized');
    expect((await revoke(client, 4)).status).toBe(200);
    expect((await revoke(client, 4)).problem).toBe('alreadyRevoked');
    const { keyId, serial } = identity(der);
    const id = `${keyId.toString('base64url')}.${serial.toString('base64url')}`;
    const { json } = await client.send('GET', client.url('renewal-info', id));
    expect(Date.parse(json.suggestedWindow.end)).toBeLessThan(world.pca.kms.now);
  });

  it('is asked for by an account that has proven all its names', async () => {
    const made = await makeDirectory();
    const [client, other] = [await opened(made), await opened(made)];
    const certificate = (await issued(client)).der.toString('base64url');
    await other.order('a.free.example.com', 'c.free.example.com');
    expect((await other.post(other.url('revoke-cert'), { certificate })).status).toBe(200);
  });

  it('is asked for with the key of the certificate', async () => {
    const client = await opened(await makeDirectory());
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const { json } = await client.order('a.free.example.com');
    const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
    const request = world.openssl.csr('/', 'DNS:a.free.example.com', { key: pem }).toString('base64url');
    const done = await client.post(json.finalize, { csr: request });
    const { text } = await client.get(done.json.certificate);
    const certificate = Buffer.from(text.slice(0, text.indexOf('-----END')).replace(/-----.*-----|\s/g, ''), 'base64');
    const revoke = (by: typeof key) =>
      client.post(
        client.url('revoke-cert'),
        { certificate: certificate.toString('base64url'), reason: 1 },
        { kid: null, key: by },
      );
    expect((await revoke(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).problem).toBe('unauthorized');
    expect((await revoke(key)).status).toBe(200);
  });
});

describe('what somebody changed in the database', () => {
  it.each(['acme_directory', 'acme_account', 'acme_order'] as const)('%s', async (table) => {
    const client = await opened(await makeDirectory());
    const { json } = await client.order('a.free.example.com');
    await world.pca.tamper((db) => db.updateTable(table).set({ account_id: '210987654321' }).execute());
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') }).catch((error) => error);
    expect(answer.status).toBe(500);
    await world.pca.tamper((db) => db.deleteFrom(table).execute());
  });
});
