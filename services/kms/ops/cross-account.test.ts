import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  ADMIN_POLICY,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  OTHER_ACCOUNT,
  toAccount,
} from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let stranger: KmsClient;
/** A key that lets nobody outside in, one that lets the other account in, one that denies it by name. */
let closed: { id: string; arn: string };
let open: { id: string; arn: string };
let denying: { id: string; arn: string };

const MISSING = '00000000-0000-4000-8000-00000000abcd';
const missing = `arn:aws:kms:local-1:${ACCOUNT}:key/${MISSING}`;
const aliasArn = (name: string) => `arn:aws:kms:local-1:${ACCOUNT}:alias/${name}`;

beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  stranger = kms.user('stranger', ADMIN_POLICY, OTHER_ACCOUNT);
  closed = await kms.key({ Description: 'closed' });
  open = await kms.key({ Policy: document(toAccount(), toAccount(OTHER_ACCOUNT)) });
  const deny = { Effect: 'Deny', Principal: { AWS: OTHER_ACCOUNT }, Action: 'kms:*', Resource: '*' };
  denying = await kms.key({ Policy: document(toAccount(), toAccount(OTHER_ACCOUNT), deny) });
  await admin.CreateAlias({ AliasName: 'alias/closed', TargetKeyId: closed.id });
  await admin.CreateAlias({ AliasName: 'alias/open', TargetKeyId: open.id });
});
afterAll(() => kms.close());

/** All a caller sees of an error, without what differs by request: the requested name and the decision id. */
async function seen(call: Promise<unknown>, name: string) {
  const text = JSON.stringify(await failure(call));
  return text.replaceAll(name, 'NAME').replaceAll(/decisions\/[0-9a-f-]{36}/g, 'decisions/ID');
}

/** All the caller's own record keeps, without the same and without the writer's counters. */
async function recorded(name: string) {
  const { eventName, errorCode, errorMessage, recipientAccountId, requestParameters, resources, x } =
    await kms.lastRecord();
  const text = JSON.stringify({
    eventName,
    errorCode,
    errorMessage,
    recipientAccountId,
    requestParameters,
    resources,
    decision: x.decision,
  });
  return text.replaceAll(name, 'NAME');
}

const USES: [string, (KeyId: string) => Promise<unknown>][] = [
  ['DescribeKey', (KeyId) => stranger.DescribeKey({ KeyId })],
  ['Encrypt', (KeyId) => stranger.Encrypt({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext: { a: '1' } })],
  ['GenerateDataKey', (KeyId) => stranger.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })],
  [
    'GenerateDataKeyWithoutPlaintext',
    (KeyId) => stranger.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }),
  ],
];
const MANAGEMENT: [string, (KeyId: string) => Promise<unknown>][] = [
  ['DisableKey', (KeyId) => stranger.DisableKey({ KeyId })],
  ['EnableKey', (KeyId) => stranger.EnableKey({ KeyId })],
  ['ScheduleKeyDeletion', (KeyId) => stranger.ScheduleKeyDeletion({ KeyId })],
  ['CancelKeyDeletion', (KeyId) => stranger.CancelKeyDeletion({ KeyId })],
  ['UpdateKeyDescription', (KeyId) => stranger.UpdateKeyDescription({ KeyId, Description: 'x' })],
  ['GetKeyPolicy', (KeyId) => stranger.GetKeyPolicy({ KeyId })],
  ['PutKeyPolicy', (KeyId) => stranger.PutKeyPolicy({ KeyId, Policy: document(toAccount(OTHER_ACCOUNT)) })],
  ['ListKeyPolicies', (KeyId) => stranger.ListKeyPolicies({ KeyId })],
  ['TagResource', (KeyId) => stranger.TagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  ['UntagResource', (KeyId) => stranger.UntagResource({ KeyId, TagKeys: ['a'] })],
  ['ListResourceTags', (KeyId) => stranger.ListResourceTags({ KeyId })],
  ['ListAliases', (KeyId) => stranger.ListAliases({ KeyId })],
  ['CreateAlias', (KeyId) => stranger.CreateAlias({ AliasName: 'alias/mine', TargetKeyId: KeyId })],
];

describe("another account's key", () => {
  it.each([...USES, ...MANAGEMENT])(
    'looks like a missing one to %s, byte by byte, also in the record',
    async (_, use) => {
      const expected = await seen(use(missing), missing);
      const expectedRecord = await recorded(missing);
      for (const { arn } of [closed, denying]) {
        expect(await seen(use(arn), arn)).toBe(expected);
        expect(await recorded(arn)).toBe(expectedRecord);
      }
    },
  );

  it.each(USES)('looks like a missing one to %s by alias ARN', async (_, use) => {
    const expected = await seen(use(aliasArn('none')), aliasArn('none'));
    const expectedRecord = await recorded('alias/none');
    expect(await seen(use(aliasArn('closed')), aliasArn('closed'))).toBe(expected);
    expect(await recorded('alias/closed')).toBe(expectedRecord);
  });

  it('is looked for in the own account when it is named by its bare id or alias', async () => {
    const own = `arn:aws:kms:local-1:${OTHER_ACCOUNT}:key/${open.id}`;
    expect(await failure(stranger.DescribeKey({ KeyId: open.id }))).toMatchObject({
      code: 'NotFound',
      message: `Key '${own}' does not exist`,
    });
    expect((await failure(stranger.DescribeKey({ KeyId: 'alias/open' }))).code).toBe('NotFound');
  });

  it('can be used by ARN and alias ARN when its policy and the own identity policy allow', async () => {
    for (const KeyId of [open.arn, aliasArn('open')]) {
      const { CiphertextBlob } = await stranger.Encrypt({ KeyId, Plaintext: Buffer.from('shared') });
      expect((await stranger.Decrypt({ CiphertextBlob })).KeyId).toBe(open.arn);
    }
    const { KeyMetadata } = await stranger.DescribeKey({ KeyId: open.arn });
    expect(KeyMetadata).toMatchObject({ AWSAccountId: ACCOUNT, Arn: open.arn });
    expect(await kms.lastRecord()).toMatchObject({ recipientAccountId: ACCOUNT });
  });

  it('needs the identity policy as well as the key policy', async () => {
    const weak = kms.user(
      'weak',
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }] },
      OTHER_ACCOUNT,
    );
    expect((await failure(weak.Encrypt({ KeyId: open.arn, Plaintext: Buffer.from('x') }))).code).toBe('AccessDenied');
  });

  it('is not managed from outside, whatever its policy says', async () => {
    for (const [, manage] of MANAGEMENT) {
      expect(['AccessDenied', 'NotFound']).toContain((await failure(manage(open.arn))).code);
    }
    expect((await admin.DescribeKey({ KeyId: open.id })).KeyMetadata.KeyState).toBe('Enabled');
  });

  it('answers for its ciphertext what an unknown key answers', async () => {
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: closed.id, Plaintext: Buffer.from('x') });
    const unknown = Buffer.from(CiphertextBlob);
    unknown[10]! ^= 1;
    const answer = await failure(stranger.Decrypt({ CiphertextBlob: unknown }));
    expect(answer).toMatchObject({ code: 'InvalidCiphertext', message: '' });
    expect(await failure(stranger.Decrypt({ CiphertextBlob }))).toEqual(answer);
    const { arn } = await kms.key({}, stranger);
    expect(await failure(stranger.ReEncrypt({ CiphertextBlob, DestinationKeyId: arn }))).toEqual(answer);
  });

  it('is not revealed by KeyId of Decrypt', async () => {
    const { CiphertextBlob } = await stranger.Encrypt({ KeyId: open.arn, Plaintext: Buffer.from('x') });
    const names = [missing, closed.arn, aliasArn('closed'), aliasArn('none')];
    const answers = await Promise.all(names.map((KeyId) => failure(stranger.Decrypt({ CiphertextBlob, KeyId }))));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.code).toBe('IncorrectKey');
  });
});

describe('lists', () => {
  it('show the own account only', async () => {
    const { id } = await kms.key({}, stranger);
    await stranger.CreateAlias({ AliasName: 'alias/theirs', TargetKeyId: id });
    const theirs = await stranger.ListKeys({});
    expect(theirs.Keys.map((key) => key.KeyId)).toContain(id);
    expect(JSON.stringify(theirs)).not.toContain(ACCOUNT);
    expect(JSON.stringify(await stranger.ListAliases({}))).not.toContain('alias/closed');
    expect((await admin.ListKeys({})).Keys.map((key) => key.KeyId)).not.toContain(id);
  });
});

describe('a missing key of the own account', () => {
  it('is reported missing to those who may look, denied to the others', async () => {
    expect(await failure(admin.DescribeKey({ KeyId: MISSING }))).toMatchObject({
      code: 'NotFound',
      message: `Key '${missing}' does not exist`,
    });
    const nobody = kms.user('nobody', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }],
    });
    expect((await failure(nobody.DescribeKey({ KeyId: MISSING }))).code).toBe('AccessDenied');
    expect((await failure(nobody.DescribeKey({ KeyId: 'alias/none' }))).code).toBe('AccessDenied');
    expect((await failure(nobody.DeleteAlias({ AliasName: 'alias/none' }))).code).toBe('AccessDenied');
  });
});
