import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import type { KeyName } from '../../domain/keys/rows.ts';
import { deleteKeyRow, insertKey } from '../../store/keys/key-queries.ts';
import { OTHER_ACCOUNT, PcaHarness } from '../../testing/harness.ts';
import { keptKey, sealKey, withKey } from './sealed-keys.ts';

const ACCOUNT = '111122223333';
const arn = (serial: string) =>
  `arn:aws:acm-pca:local-1:${ACCOUNT}:certificate-authority/0e0c4d9a-a1b2-c3d4-e5f6-0718293a4b5c/certificate/${serial}`;

function pairOf(kind: string) {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind });
  return {
    pkcs8: pair.privateKey.export({ type: 'pkcs8', format: 'der' }),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
  };
}

describe.each([
  ['sqlite', undefined],
  ['postgres', postgresMissing()],
] as const)('private keys of certificates on %s', (engine, missing) => {
  let server: PostgresServer | undefined;
  let pca: PcaHarness;
  let serials = 16;

  beforeAll(async () => {
    if (missing) return;
    if (engine === 'postgres') server = await startPostgres();
    pca = await PcaHarness.open(server ? { url: await server.database() } : {});
  }, 60_000);
  afterAll(async () => {
    await pca?.close();
    await server?.stop();
  });

  async function keep(kind = 'prime256v1', more: Partial<KeyName> = {}) {
    serials++;
    const name = { accountId: ACCOUNT, certificateArn: arn(serials.toString(16)), version: 1, ...more };
    const pair = pairOf(kind);
    const row = await sealKey(pca.deps, name, { ...pair, now: 5 });
    await pca.store.transaction(async (tx) => expect(await insertKey(tx, row)).toBe(true));
    return { name, row, ...pair };
  }

  it.skipIf(missing)('come back as they were, each kind', async () => {
    for (const [kind, algorithm] of [
      ['rsa', 'RSA_2048'],
      ['prime256v1', 'EC_prime256v1'],
      ['secp384r1', 'EC_secp384r1'],
      ['secp521r1', 'EC_secp521r1'],
      ['ed25519', 'Ed25519'],
    ] as const) {
      const { name, pkcs8 } = await keep(kind);
      const kept = await keptKey(pca.deps, name);
      expect(kept).toMatchObject({ key_algorithm: algorithm, created_at: 5 });
      expect(kept!.sealed.includes(pkcs8.subarray(-24))).toBe(false);
      expect(await withKey(pca.deps, kept!, (opened) => opened.equals(pkcs8))).toBe(true);
    }
  });

  it.skipIf(missing)('are zeroed after the work, also when it fails', async () => {
    const { row } = await keep();
    let seen: Buffer | undefined;
    await withKey(pca.deps, row, (opened) => {
      seen = opened;
    });
    expect(seen!.every((byte) => byte === 0)).toBe(true);
    const failing = withKey(pca.deps, row, (opened) => {
      seen = opened;
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(seen!.every((byte) => byte === 0)).toBe(true);
  });

  it.skipIf(missing)('are not there for another account or version', async () => {
    const { name } = await keep();
    expect(await keptKey(pca.deps, { ...name, accountId: OTHER_ACCOUNT })).toBeUndefined();
    expect(await keptKey(pca.deps, { ...name, version: 2 })).toBeUndefined();
  });

  it.skipIf(missing)('are kept once for each version, and each version has its own', async () => {
    const { name, row, pkcs8 } = await keep();
    await pca.store.transaction(async (tx) => expect(await insertKey(tx, row)).toBe(false));
    const second = await keep('prime256v1', { certificateArn: name.certificateArn, version: 2 });
    expect(await withKey(pca.deps, (await keptKey(pca.deps, name))!, (key) => key.equals(pkcs8))).toBe(true);
    const kept = await keptKey(pca.deps, second.name);
    expect(await withKey(pca.deps, kept!, (key) => key.equals(second.pkcs8))).toBe(true);
  });

  it.skipIf(missing)('are refused when they are not those of the certificate', async () => {
    const name = { accountId: ACCOUNT, certificateArn: arn('ff'), version: 1 };
    const { publicKey } = pairOf('prime256v1');
    const { pkcs8 } = pairOf('prime256v1');
    const refused = { code: 'Internal', message: expect.stringContaining('not that of') };
    await expect(sealKey(pca.deps, name, { pkcs8, publicKey, now: 5 })).rejects.toMatchObject(refused);
    const garbage = { pkcs8: Buffer.from('no key'), publicKey, now: 5 };
    await expect(sealKey(pca.deps, name, garbage)).rejects.toMatchObject(refused);
  });

  it.skipIf(missing)('do not open in the row of another certificate, version, account or public key', async () => {
    const { row } = await keep();
    for (const moved of [
      { certificate_arn: arn('ab') },
      { version: 2 },
      { account_id: OTHER_ACCOUNT },
      { public_key_hash: 'f'.repeat(64) },
    ])
      await expect(withKey(pca.deps, { ...row, ...moved }, () => undefined)).rejects.toMatchObject({
        code: 'integrity',
      });
  });

  it.skipIf(missing)('are refused when the row was edited', async () => {
    const { name } = await keep();
    await pca.tamper((db) =>
      db
        .updateTable('certificate_key')
        .set({ key_algorithm: 'RSA_4096' })
        .where('certificate_arn', '=', name.certificateArn)
        .execute(),
    );
    await expect(keptKey(pca.deps, name)).rejects.toMatchObject({ code: 'Internal' });
  });

  it.skipIf(missing)('are gone once they are deleted', async () => {
    const { name } = await keep();
    const remove = (of: KeyName) => pca.store.transaction((tx) => deleteKeyRow(tx, of));
    expect(await remove({ ...name, accountId: OTHER_ACCOUNT })).toBe(false);
    expect(await remove(name)).toBe(true);
    expect(await remove(name)).toBe(false);
    expect(await keptKey(pca.deps, name)).toBeUndefined();
  });
});
