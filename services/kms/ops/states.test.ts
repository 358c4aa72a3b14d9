/**
 * Every declared operation that is about a key, for a key in every state, against the table of the specification. States
 * that nothing leads to yet are written as this service would write them: rows with a genuine MAC.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsOperations } from '../api/index.ts';
import { KEY_STATES, type KeyState } from '../api/shapes.ts';
import { type KeyRow, keyRowBytes } from '../domain/rows.ts';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';
import { SPECIFIED, specified } from '../testing/key-states.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const x = Buffer.from('x');
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' }],
});

interface Prepared {
  KeyId: string;
  arn: string;
  alias: string;
  /** A ciphertext, signature or MAC by the key, made while it was enabled. */
  made: Buffer;
  grantId: string;
}

/** Clients by name, because some operations of the table are not declared yet. */
type AnyClient = Record<string, (input: unknown) => Promise<Record<string, unknown>>>;

let aliases = 0;
const signing = { SigningAlgorithm: 'ECDSA_SHA_256', Message: x } as const;
const mac = { MacAlgorithm: 'HMAC_SHA_256', Message: x } as const;

const KINDS = {
  symmetric: {
    key: {},
    make: async (KeyId: string) => (await admin.Encrypt({ KeyId, Plaintext: x })).CiphertextBlob,
  },
  signing: {
    key: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    make: async (KeyId: string) => (await admin.Sign({ KeyId, ...signing })).Signature,
  },
  mac: {
    key: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    make: async (KeyId: string) => (await admin.GenerateMac({ KeyId, ...mac })).Mac,
  },
} as const;
const KIND_OF: Readonly<Record<string, keyof typeof KINDS>> = {
  Sign: 'signing',
  Verify: 'signing',
  GetPublicKey: 'signing',
  GenerateMac: 'mac',
  VerifyMac: 'mac',
};

const byKey = ({ KeyId }: Prepared) => ({ KeyId });
/** What each operation is asked, for an enabled key successfully. */
const INPUTS: Readonly<Record<string, (on: Prepared) => Record<string, unknown>>> = {
  Encrypt: ({ KeyId }) => ({ KeyId, Plaintext: x }),
  Decrypt: ({ made }) => ({ CiphertextBlob: made }),
  ReEncrypt: ({ KeyId, made }) => ({ CiphertextBlob: made, DestinationKeyId: KeyId }),
  GenerateDataKey: ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' }),
  GenerateDataKeyWithoutPlaintext: ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' }),
  GenerateDataKeyPair: ({ KeyId }) => ({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
  GenerateDataKeyPairWithoutPlaintext: ({ KeyId }) => ({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }),
  BatchEncrypt: ({ KeyId }) => ({ Items: [{ KeyId, Plaintext: x }] }),
  BatchDecrypt: ({ made }) => ({ Items: [{ CiphertextBlob: made }] }),
  BatchGenerateDataKey: ({ KeyId }) => ({ Items: [{ KeyId, KeySpec: 'AES_256' }] }),
  Sign: ({ KeyId }) => ({ KeyId, ...signing }),
  Verify: ({ KeyId, made }) => ({ KeyId, ...signing, Signature: made }),
  GetPublicKey: byKey,
  GenerateMac: ({ KeyId }) => ({ KeyId, ...mac }),
  VerifyMac: ({ KeyId, made }) => ({ KeyId, ...mac, Mac: made }),
  CreateGrant: ({ KeyId }) => ({
    KeyId,
    GranteePrincipal: 'arn:aws:iam::111122223333:user/admin',
    Operations: ['DescribeKey'],
  }),
  ListGrants: byKey,
  RetireGrant: ({ arn, grantId }) => ({ KeyId: arn, GrantId: grantId }),
  RevokeGrant: ({ KeyId, grantId }) => ({ KeyId, GrantId: grantId }),
  DescribeKey: byKey,
  GetKeyPolicy: byKey,
  PutKeyPolicy: ({ KeyId }) => ({ KeyId, Policy: policy }),
  ListKeyPolicies: byKey,
  ListAliases: byKey,
  ListResourceTags: byKey,
  DeleteAlias: ({ alias }) => ({ AliasName: alias }),
  CreateAlias: ({ KeyId }) => ({ AliasName: `alias/b${aliases++}`, TargetKeyId: KeyId }),
  UpdateAlias: ({ KeyId, alias }) => ({ AliasName: alias, TargetKeyId: KeyId }),
  TagResource: ({ KeyId }) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
  UntagResource: ({ KeyId }) => ({ KeyId, TagKeys: ['a'] }),
  MoveResource: ({ arn }) => ({ ResourceArn: arn, EnterpriseProjectId: '0' }),
  PreviewMoveResource: ({ arn }) => ({ ResourceArn: arn, EnterpriseProjectId: '0' }),
  UpdateKeyDescription: ({ KeyId }) => ({ KeyId, Description: 'new' }),
  EnableKey: byKey,
  DisableKey: byKey,
  EnableKeyRotation: byKey,
  DisableKeyRotation: byKey,
  GetKeyRotationStatus: byKey,
  RotateKeyOnDemand: byKey,
  ListKeyRotations: byKey,
  ScheduleKeyDeletion: byKey,
  CancelKeyDeletion: byKey,
};

const ORIGIN_IN: Partial<Record<KeyState, KeyRow['origin']>> = {
  PendingImport: 'EXTERNAL',
  Unavailable: 'EXTERNAL_KEY_STORE',
};

async function put(KeyId: string, state: KeyState): Promise<void> {
  if (state === 'Enabled') return;
  const { row_mac: _, ...row } = (await kms.deps.keys.fresh(KeyId))!.row;
  const waiting = state === 'PendingDeletion' || state === 'PendingReplicaDeletion';
  const next = {
    ...row,
    state,
    origin: ORIGIN_IN[state] ?? row.origin,
    ...(waiting && { deletion_date: kms.now + 7 * 86_400_000, pending_window_days: 7 }),
    version: row.version + 1,
  };
  const [row_mac] = await kms.deps.guard.seal([keyRowBytes(next)]);
  const columns = { ...next, row_mac: row_mac! };
  await kms.store.transaction((tx) => tx.updateTable('kms_key').set(columns).where('key_id', '=', KeyId).execute());
  kms.deps.keys.forgetKey(KeyId, next.version);
}

async function prepare(operation: string): Promise<Prepared> {
  const kind = KINDS[KIND_OF[operation] ?? 'symmetric'];
  const { id: KeyId, arn } = await kms.key(kind.key);
  const alias = `alias/a${aliases++}`;
  await admin.CreateAlias({ AliasName: alias, TargetKeyId: KeyId });
  const prepared = { KeyId, arn, alias, made: await kind.make(KeyId), grantId: '' };
  const { CreateGrant } = admin as unknown as AnyClient;
  const { GrantId } = await CreateGrant!(INPUTS.CreateGrant!(prepared));
  return { ...prepared, grantId: GrantId as string };
}

/** Not about one key, or not for callers. */
const WITHOUT_KEY = new Set([
  ...['CreateKey', 'ListKeys', 'GenerateRandom', 'ListRetirableGrants'],
  ...['StartRootRotation', 'DescribeRootRotation', 'RetireRootVersion'],
]);
const declared = Object.values(kmsOperations).filter(
  ({ name, authz }) => authz !== ('internal' as unknown) && !WITHOUT_KEY.has(name),
);

it('has a row for every declared operation that is about a key, and says how to ask it', () => {
  expect(declared.map(({ name }) => name).filter((name) => !SPECIFIED.has(name) || !(name in INPUTS))).toEqual([]);
  expect(declared.length).toBeGreaterThan(25);
});

describe.each(declared.map(({ name }) => name as string))('%s', (operation) => {
  it.each(KEY_STATES)('answers by the table for a key in state %s', async (state) => {
    const prepared = await prepare(operation);
    await put(prepared.KeyId, state);
    const ask = async () => {
      const answer = await (admin as unknown as AnyClient)[operation]!(INPUTS[operation]!(prepared));
      const [item] = operation.startsWith('Batch') ? (answer.Items as Record<string, unknown>[]) : [];
      if (item?.ErrorCode !== undefined) throw { code: item.ErrorCode, message: item.ErrorMessage };
    };
    const outcome = specified(operation, state);
    if (outcome === 'ok') {
      await ask();
      return;
    }
    const { KeyMetadata: before } = await admin.DescribeKey({ KeyId: prepared.KeyId });
    const message = 'end' in outcome ? { message: `${prepared.arn} is ${outcome.end}.` } : {};
    expect(await failure(ask())).toMatchObject({ code: outcome.code, ...message });
    const { KeyMetadata: after } = await admin.DescribeKey({ KeyId: prepared.KeyId });
    expect(after).toEqual(before);
  });
});
