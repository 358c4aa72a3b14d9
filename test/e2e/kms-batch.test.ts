/** The batch operations over plain REST, which only we have: order, errors in their place, permissions, one record. */
import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, inject, it } from 'vitest';
import { awsClients, eventually } from '../harness/clients.ts';
import { allow, createUser } from '../harness/people.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');
const { kms } = awsClients(server);

interface Item {
  CiphertextBlob?: string;
  Plaintext?: string;
  KeyId?: string;
  ErrorCode?: string;
}
type Answer = { Items: Item[]; FailedCount: number };

async function ask(operation: string, Items: object[]): Promise<Answer> {
  const answer = await native(server, `/v1/kms/${operation}`, { Items });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json() as unknown as Answer;
}

async function newKey(): Promise<{ id: string; arn: string }> {
  const made = (await native(server, '/v1/kms/create-key', {})).json().KeyMetadata as { KeyId: string; Arn: string };
  return { id: made.KeyId, arn: made.Arn };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a batch', () => {
  it('of 500 items is encrypted and decrypted in order, and the SDK opens them one by one', async () => {
    const { id: KeyId, arn } = await newKey();
    const context = (at: number) => ({ EncryptionContext: { row: String(at) } });
    const plain = Array.from({ length: 500 }, (_, at) => ({ KeyId, Plaintext: base64(`row ${at}`), ...context(at) }));
    const sealed = await ask('batch-encrypt', plain);
    expect(sealed.FailedCount).toBe(0);
    const opening = sealed.Items.map(({ CiphertextBlob }, at) => ({ CiphertextBlob, ...context(at) }));
    const opened = await ask('batch-decrypt', opening);
    expect(opened.Items).toEqual(plain.map(({ Plaintext }) => ({ Plaintext, KeyId: arn })));
    const CiphertextBlob = Buffer.from(sealed.Items[123]!.CiphertextBlob!, 'base64');
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, ...context(123) }));
    expect(Buffer.from(Plaintext!).toString()).toBe('row 123');
  });

  it('answers what is wrong with an item in its place', async () => {
    const [key, disabled] = [await newKey(), await newKey()];
    const seal = async (KeyId: string) => {
      const made = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }));
      return Buffer.from(made.CiphertextBlob!);
    };
    const [good, ofDisabled] = [await seal(key.id), await seal(disabled.id)];
    await native(server, '/v1/kms/disable-key', { KeyId: disabled.id });
    const broken = Buffer.from(good);
    broken[broken.length - 1]! ^= 1;
    const Items = [good, broken, ofDisabled].map((blob) => ({ CiphertextBlob: blob.toString('base64') }));
    // Another process learns of the change within its poll.
    const answer = await eventually(async () => {
      const found = await ask('batch-decrypt', Items);
      return found.FailedCount === 2 && found;
    });
    expect(answer.Items.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'InvalidCiphertext', 'Disabled']);
    expect(answer.Items[0]).toMatchObject({ Plaintext: base64('x') });
  });

  it('of data keys answers each in the clear and sealed', async () => {
    const { id: KeyId } = await newKey();
    const made = await ask('batch-generate-data-key', [
      { KeyId, KeySpec: 'AES_256' },
      { KeyId, NumberOfBytes: 16 },
    ]);
    const opened = await ask(
      'batch-decrypt',
      made.Items.map(({ CiphertextBlob }) => ({ CiphertextBlob })),
    );
    expect(opened.Items.map(({ Plaintext }) => Plaintext)).toEqual(made.Items.map(({ Plaintext }) => Plaintext));
  });

  it('is refused as a whole where one key is not permitted', async () => {
    const [mine, other] = [await newKey(), await newKey()];
    const person = await createUser(server, allow('kms:Encrypt', mine.arn));
    const asked = (keys: string[]) =>
      native(
        server,
        '/v1/kms/batch-encrypt',
        { Items: keys.map((KeyId) => ({ KeyId, Plaintext: base64('x') })) },
        { credentials: person.credentials },
      );
    await eventually(async () => (await asked([mine.id])).status === 200);
    const refused = await asked([mine.id, other.id]);
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain('CiphertextBlob');
  });

  it('does not exist on the AWS wire', async () => {
    const answer = await json11(server, 'TrentService.BatchDecrypt', { Items: [] });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('UnknownOperationException');
  });
});
