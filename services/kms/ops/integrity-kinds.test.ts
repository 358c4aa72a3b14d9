/** Rows of keys of every kind: what holds for symmetric keys (`integrity.test.ts`) holds for all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaterialRow } from '../domain/rows.ts';
import { materialRowBytes } from '../domain/rows.ts';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const Message = Buffer.from('x');
const KINDS = {
  symmetric: { key: {}, use: (KeyId: string) => admin.Encrypt({ KeyId, Plaintext: Message }) },
  'RSA signing': {
    key: { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    use: (KeyId: string) => admin.Sign({ KeyId, Message, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }),
  },
  'RSA decryption': {
    key: { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
    use: (KeyId: string) => admin.Encrypt({ KeyId, Plaintext: Message, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
  },
  'P-256': {
    key: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    use: (KeyId: string) => admin.Sign({ KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
  },
  Ed25519: {
    key: { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' },
    use: (KeyId: string) => admin.Sign({ KeyId, Message, SigningAlgorithm: 'ED25519_SHA_512' }),
  },
  HMAC: {
    key: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    use: (KeyId: string) => admin.GenerateMac({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' }),
  },
} as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

const materialOf = (keyId: string) =>
  kms.store.read.selectFrom('key_material').selectAll().where('key_id', '=', keyId).executeTakeFirstOrThrow();

/** As somebody with write access to the database, with caches emptied as after a restart. */
async function tamper(keyId: string, set: Partial<MaterialRow>): Promise<void> {
  await kms.store.transaction((tx) => tx.updateTable('key_material').set(set).where('key_id', '=', keyId).execute());
  kms.deps.keys.clear();
}

describe.each(NAMES)('a stored %s key', (kind) => {
  const { key, use } = KINDS[kind];

  it('is refused with any byte of its material changed', { timeout: 60_000 }, async () => {
    const { id } = await kms.key(key);
    const row = await materialOf(id);
    for (const column of ['wrapped', 'binding', 'mac', 'row_mac'] as const) {
      for (const at of [0, 1, row[column].length >> 1, row[column].length - 1]) {
        const changed = Buffer.from(row[column]);
        changed[at]! ^= 0x20;
        await tamper(id, { [column]: changed });
        expect((await failure(use(id) as Promise<unknown>)).code).toBe('Internal');
      }
      await tamper(id, { [column]: row[column] });
    }
    await expect(use(id)).resolves.toBeDefined();
  });

  it.each(NAMES)('is refused with the material of a %s key in its place', { timeout: 60_000 }, async (other) => {
    const { id } = await kms.key(key);
    const { id: otherId } = await kms.key(KINDS[other].key);
    const { key_id: _, ...theirs } = await materialOf(otherId);
    await tamper(id, theirs);
    expect((await failure(use(id) as Promise<unknown>)).code).toBe('Internal');
    // Also by somebody who could make the MAC of the row: the HSM binds material to its key and kind.
    const { material_id: __, ...swapped } = { ...theirs, key_id: id };
    const row = { ...(await materialOf(id)), ...swapped };
    const forged = { ...row, material_id: await ownMaterialId(id) };
    const [row_mac] = await kms.deps.guard.seal([materialRowBytes(forged)]);
    await tamper(id, { ...forged, row_mac: row_mac! });
    if (other !== kind) expect((await failure(use(id) as Promise<unknown>)).code).toBe('Internal');
  });
});

async function ownMaterialId(keyId: string): Promise<string> {
  const { material_id } = await kms.store.read
    .selectFrom('kms_key')
    .select('material_id')
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow();
  return material_id;
}
