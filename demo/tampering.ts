/**
 * Somebody with write access to the database changes a byte: in the record of what an administrator was refused, which
 * whoever kept the keys of the log finds; and in the row of a key, which is refused when it is used.
 */
import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { awsClients } from '../test/harness/clients.ts';
import { changeCell } from './database.ts';
import type { Administrator } from './landing-zone.ts';
import { type Kept, verify } from './record.ts';
import { must, refused, type Story, serving } from './story.ts';

interface Evidence {
  kept: Kept;
  /** The record of the refusal in the chapter about the guardrail. */
  eventId: string;
  /** ARN of a key of the data platform. */
  key: string;
}

export const tampering =
  (management: Administrator, data: Administrator, { kept, eventId, key }: Evidence) =>
  async (story: Story) => {
    const { server, step } = story;
    const { kms } = awsClients(server, data.credentials);
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('a data key') }));

    await server.terminate();
    await changeCell<string>(server, {
      ...{ service: 'audit', table: 'record', column: 'record', key: 'event_id', is: eventId },
      change: (text) => text.replace('"PendingWindowInDays":7', '"PendingWindowInDays":9'),
    });
    await changeCell<Buffer>(server, {
      ...{
        service: 'kms',
        table: 'key_material',
        column: 'wrapped',
        key: 'key_id',
        is: key.split('/').at(-1) as string,
      },
      change: (wrapped) => Buffer.concat([wrapped.subarray(0, 8), Buffer.of(wrapped[8]! ^ 1), wrapped.subarray(9)]),
    });
    await server.start();
    await serving(server);
    step('in the database, one byte of the record of the refusal is another one, and one of a key');

    const verified = await verify(story, management, kept, `${server.endpoint}/audit/log/`);
    const found = verified.stdout.trim().split('\n')[0] as string;
    must(
      verified.code === 2 && found.startsWith('BROKEN at '),
      `${verified.code}: ${verified.stdout}${verified.stderr}`,
    );
    step(`parapet audit verify: ${found}`);
    const again = awsClients(server, data.credentials).kms.send(new DecryptCommand({ CiphertextBlob }));
    await refused(again, 'KMSInternalException');
    step('the key is refused: its row is not what was written');
    return { shown: 'a byte of the record and a byte of a key, both found' };
  };
