/**
 * `npm run demo`: the product at work on real input, in under a minute. A file is encrypted by envelope encryption
 * through the AWS SDK, a second user is denied and shown why, the record shows it all and is proven, and tampering is
 * refused. Every step is checked: the demo ends with an error if one of them does not hold.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import Database from 'better-sqlite3';
import { awsClients, eventually, run } from '../test/harness/clients.ts';
import { root, startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';

const MEBIBYTES = 128;
const from = performance.now();

function step(text: string): void {
  process.stdout.write(`${((performance.now() - from) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the demo failed: ${what}`);
}

async function refused(attempt: Promise<unknown>, name: string): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (e: Error) => e,
  );
  must(error?.name === name, `expected ${name}, got ${error?.name ?? 'an answer'}`);
  return (error as Error).message;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const folder = mkdtempSync(join(tmpdir(), 'parapet-demo-'));
const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'error' } });
try {
  step(`the server runs at ${server.endpoint}, account ${server.admin.accountId}`);
  const admin = awsClients(server);

  const plain = join(folder, 'plain');
  let left = MEBIBYTES;
  const source = new Readable({
    read() {
      this.push(left-- > 0 ? randomBytes(1 << 20) : null);
    },
  });
  await pipeline(source, createWriteStream(plain));
  const digest = await sha256(plain);
  step(`a file of ${statSync(plain).size.toLocaleString('en')} bytes, sha256 ${digest.slice(0, 16)}...`);

  const { KeyMetadata } = await admin.kms.send(new CreateKeyCommand({ Description: 'demo' }));
  const KeyId = KeyMetadata?.Arn as string;
  const EncryptionContext = { file: 'plain', owner: 'demo' };
  const data = await admin.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
  const sealedKey = Buffer.from(data.CiphertextBlob as Uint8Array);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', data.Plaintext as Uint8Array, iv);
  const sealed = join(folder, 'sealed');
  await pipeline(createReadStream(plain), cipher, createWriteStream(sealed));
  const tag = cipher.getAuthTag();
  (data.Plaintext as Uint8Array).fill(0);
  step(`encrypted under a data key of ${KeyId}; the data key is kept as ${sealedKey.length} sealed bytes`);

  const opened = await admin.kms.send(new DecryptCommand({ CiphertextBlob: sealedKey, EncryptionContext }));
  const decipher = createDecipheriv('aes-256-gcm', opened.Plaintext as Uint8Array, iv);
  decipher.setAuthTag(tag);
  const back = createHash('sha256');
  await pipeline(
    createReadStream(sealed),
    decipher,
    new Transform({ transform: (chunk, _e, next) => next(null, chunk) }),
    back,
  );
  must(back.digest('hex') === digest, 'the decrypted file differs');
  step('decrypted: the hashes are equal');

  await admin.iam.send(new CreateUserCommand({ UserName: 'reader' }));
  const looking = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['kms:DescribeKey'], Resource: '*' }],
  };
  await admin.iam.send(
    new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'look', PolicyDocument: JSON.stringify(looking) }),
  );
  const { AccessKey } = await admin.iam.send(new CreateAccessKeyCommand({ UserName: 'reader' }));
  const reader = awsClients(server, {
    accessKeyId: AccessKey?.AccessKeyId as string,
    secretAccessKey: AccessKey?.SecretAccessKey as string,
  });
  await reader.kms.send(new DescribeKeyCommand({ KeyId }));
  const why = await refused(
    reader.kms.send(new DecryptCommand({ CiphertextBlob: sealedKey, EncryptionContext })),
    'AccessDeniedException',
  );
  step(`a second user may look at the key and is denied its use:\n           ${why}`);

  const found = await eventually(async () => {
    const answer = await native(server, '/v1/audit/events?EventName=Decrypt&Limit=10', {}, { method: 'GET' });
    const events =
      (answer.json().Events as {
        Sequence?: number;
        Event: { errorCode?: string; userIdentity: { userName: string }; eventID: string };
      }[]) ?? [];
    const use = events.find((e) => e.Event.errorCode === undefined && e.Event.userIdentity.userName === 'admin');
    const denial = events.find(
      (e) => e.Event.errorCode === 'AccessDenied' && e.Event.userIdentity.userName === 'reader',
    );
    return use && denial ? { use, denial } : undefined;
  });
  const decision = await native(server, `/v1/authz/decisions/${found.denial.Event.eventID}`, {}, { method: 'GET' });
  must(decision.status === 200, 'the decision is not found');
  step(
    `the record has both: the key use (${found.use.Sequence}) and the denial (${found.denial.Sequence}) with its decision`,
  );

  const verified = await run(process.execPath, [join(root, 'dist/bin/parapet.js'), 'audit', 'verify'], {
    AWS_ACCESS_KEY_ID: server.admin.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.admin.secretAccessKey,
    AWS_REGION: server.admin.region,
    PARAPET_ENDPOINT: server.endpoint,
    AWS_CA_BUNDLE: server.caPath,
  });
  must(verified.code === 0, `parapet audit verify: ${verified.stderr}`);
  step(`parapet audit verify: ${verified.stdout.trim().split('\n').at(-1)}`);

  const flipped = Buffer.from(sealedKey);
  flipped[90] = (flipped[90] as number) ^ 1;
  await refused(
    admin.kms.send(new DecryptCommand({ CiphertextBlob: flipped, EncryptionContext })),
    'InvalidCiphertextException',
  );
  step('a byte flipped in the ciphertext: refused');
  await refused(
    admin.kms.send(
      new DecryptCommand({ CiphertextBlob: sealedKey, EncryptionContext: { ...EncryptionContext, owner: 'demO' } }),
    ),
    'InvalidCiphertextException',
  );
  step('a byte flipped in the context: refused');

  await server.terminate();
  flipRow(join(server.dataFolder, 'kms.db'), KeyMetadata?.KeyId as string);
  await server.start();
  await refused(
    awsClients(server).kms.send(new DecryptCommand({ CiphertextBlob: sealedKey, EncryptionContext })),
    'KMSInternalException',
  );
  step("a byte flipped in the key's row of the database: refused");
  step('done');
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What somebody with write access to the database file could do. */
function flipRow(path: string, keyId: string): void {
  const db = new Database(path);
  const { wrapped } = db.prepare('select wrapped from key_material where key_id = ?').get(keyId) as { wrapped: Buffer };
  wrapped[8] = (wrapped[8] as number) ^ 1;
  const { changes } = db.prepare('update key_material set wrapped = ? where key_id = ?').run(wrapped, keyId);
  db.close();
  must(changes === 1, 'the row was not found');
}
