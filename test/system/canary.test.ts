/**
 * Secrets planted in every secret member, in good and in broken requests, and every secret the product gives out: none
 * may be found in a log, a record, an error or a file of the data folder, in any common form.
 */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../derive/operations.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { type Shape, shapeTree } from '../../platform/contract/shape-tree.ts';
import { raw } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { json11, native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

/** What the secret looks like in text that somebody encoded. */
function forms(secret: Buffer): string[] {
  const found = [secret.toString('latin1'), secret.toString('hex'), encodeURIComponent(secret.toString('latin1'))];
  // Base64 of something longer: three alignments, without the ends that depend on the neighbours.
  for (let shift = 0; shift < 3; shift++) {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    found.push(text.slice(4, text.length - 4));
  }
  return [...new Set(found.filter((form) => form.length >= 12))];
}

/** A secret has one value: text or binary. */
function withoutOtherValue(example: Record<string, unknown> = {}, name: string): Record<string, unknown> {
  const { SecretString, SecretBinary, ...rest } = example;
  return /^Secret(String|Binary)$/.test(name) ? { ...rest, ClientRequestToken: randomUUID() } : example;
}

function secretMembers(operation: AnyOperation): { name: string; shape: Shape }[] {
  const shape = shapeTree(operation.input);
  return shape.kind === 'structure' ? shape.members.filter((member) => member.shape.secret) : [];
}

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path);
    if (stat.isDirectory()) return files(path);
    return stat.isFile() ? [path] : [];
  });
}

describe('canaries', () => {
  let server: Running;
  const canaries = new Map<string, Buffer>();
  const errors: string[] = [];
  beforeAll(async () => {
    server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'trace' } });
  });
  afterAll(() => server.stop());

  function plant(name: string): Buffer {
    const canary = Buffer.from(`canary-${name}-${'Zq9'.repeat(4)}-${canaries.size}`);
    canaries.set(name, canary);
    return canary;
  }

  it('are planted in every secret member, whole, broken, too long and of the wrong type', async () => {
    const made = await native(server, '/v1/kms/create-key', {});
    const { KeyId } = made.json().KeyMetadata as { KeyId: string };
    const secretive = operations.filter((operation) => secretMembers(operation).length > 0);
    expect(secretive.map((o) => o.name)).toContain('Encrypt');
    for (const operation of secretive) {
      for (const { name, shape } of secretMembers(operation)) {
        const canary = plant(`${operation.name}.${name}`);
        const value = shape.kind === 'blob' ? canary.toString('base64') : canary.toString();
        const example = {
          ...withoutOtherValue(operation.examples[0]?.input, name),
          ...('KeyId' in (operation.examples[0]?.input ?? {}) && { KeyId }),
        };
        for (const input of [
          { ...example, [name]: value },
          { ...example, [name]: [value] },
          { ...example, [name]: { wrong: value } },
          { ...example, [name]: value.repeat(2000) },
          { ...example, [name]: `!${canary.toString()}` },
          { ...example, [name]: value, Surprise: 1 },
          { ...example, [name]: value, KeyId: 'alias/missing' },
        ]) {
          const answers = [await native(server, operation.rest.path, input)];
          if (operation.aws?.protocol === 'json-1.1') answers.push(await json11(server, operation.aws.target, input));
          for (const answer of answers) if (answer.status !== 200) errors.push(answer.text);
        }
        const cut = `{"${name}":"${value}`;
        errors.push((await native(server, operation.rest.path, {}, { headers: { 'x-note': 'n' } })).text);
        errors.push((await raw(server, { method: 'POST', path: operation.rest.path, body: cut })).text);
      }
    }
  });

  /** Made with a certificate, each in its own form; that of a curve is kept, too. */
  async function keysOfCertificates(): Promise<[name: string, secret: Buffer][]> {
    const ask = async (operation: string, input: object) => {
      const answer = await native(server, `/v1/pca/${operation}`, input as Record<string, unknown>);
      expect(answer.status, answer.text).toBe(200);
      return answer.text === '' ? {} : (answer.json() as Record<string, string>);
    };
    const { CertificateAuthorityArn } = await ask('create-certificate-authority', {
      CertificateAuthorityType: 'ROOT',
      CertificateAuthorityConfiguration: {
        ...{ KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA' },
        Subject: { CommonName: 'canary' },
      },
    });
    const about = { CertificateAuthorityArn };
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { Csr } = await ask('get-certificate-authority-csr', about);
    const TemplateArn = 'arn:aws:acm-pca:::template/RootCACertificate/V1';
    const own = { SigningAlgorithm: 'SHA256WITHECDSA', TemplateArn, Validity: { Type: 'YEARS', Value: 10 } };
    const root = await ask('issue-certificate', { ...about, ...own, Csr: base64(Csr!) });
    const { Certificate } = await ask('get-certificate', { ...about, CertificateArn: root.CertificateArn });
    await ask('import-certificate-authority-certificate', { ...about, Certificate: base64(Certificate!) });
    const order = {
      ...about,
      SubjectAlternativeNames: [{ DnsName: 'canary.example' }],
      Validity: { Type: 'DAYS', Value: 9 },
      KeepKey: true,
    };
    const found: [string, Buffer][] = [];
    for (const KeyAlgorithm of ['EC_prime256v1', 'RSA_2048']) {
      const password = plant(`password of ${KeyAlgorithm}`).toString('base64');
      const IdempotencyToken = KeyAlgorithm;
      const asked = { ...order, KeyAlgorithm, IdempotencyToken, Passphrase: password };
      const { CertificateArn } = await ask('issue-certificate-with-key', asked);
      await ask('issue-certificate-with-key', asked);
      for (const KeyFormat of ['ENCRYPTED_PEM', 'PKCS12'])
        await ask('export-private-key', { ...about, CertificateArn, KeyFormat, Passphrase: password });
      const { PrivateKey } = await ask('export-private-key', { ...about, CertificateArn, KeyFormat: 'PEM' });
      const jwk = createPrivateKey(Buffer.from(PrivateKey!, 'base64')).export({ format: 'jwk' });
      for (const [member, value] of Object.entries({ d: jwk.d, p: jwk.p, q: jwk.q }))
        if (value !== undefined) found.push([`${member} of ${KeyAlgorithm}`, Buffer.from(value, 'base64url')]);
    }
    return found;
  }

  it('are given out: access keys, sessions, data keys, random bytes, values of secrets, keys of certificates', async () => {
    await native(server, '/v1/iam/create-user', { UserName: 'canary' });
    const key = (await native(server, '/v1/iam/create-access-key', { UserName: 'canary' })).json().AccessKey as {
      SecretAccessKey: string;
    };
    canaries.set('SecretAccessKey', Buffer.from(key.SecretAccessKey));
    const session = (await native(server, '/v1/sts/get-session-token')).json().Credentials as {
      SecretAccessKey: string;
      SessionToken: string;
    };
    canaries.set('session secret', Buffer.from(session.SecretAccessKey));
    canaries.set('session token', Buffer.from(session.SessionToken.slice(20, 80)));
    const bearer = (await native(server, '/v1/sts/create-session')).json().Token as string;
    canaries.set('bearer token', Buffer.from(bearer.slice(-60)));
    await raw(server, {
      method: 'POST',
      path: '/v1/kms/list-keys',
      body: '{}',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    });
    const { KeyId } = (await native(server, '/v1/kms/create-key', {})).json().KeyMetadata as { KeyId: string };
    const data = (await native(server, '/v1/kms/generate-data-key', { KeyId, KeySpec: 'AES_256' })).json();
    canaries.set('data key', Buffer.from(data.Plaintext as string, 'base64'));
    const pair = (
      await native(server, '/v1/kms/generate-data-key-pair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' })
    ).json();
    // The private scalar: what is around it in PKCS#8 is the same for all keys.
    canaries.set('private key', Buffer.from(pair.PrivateKeyPlaintext as string, 'base64').subarray(36, 68));
    const Items = [{ KeyId, KeySpec: 'AES_256' }];
    const keys = (await native(server, '/v1/kms/batch-generate-data-key', { Items })).json();
    const [made] = keys.Items as { Plaintext: string }[];
    canaries.set('data key of a batch', Buffer.from(made!.Plaintext, 'base64'));
    const random = (await native(server, '/v1/kms/generate-random', { NumberOfBytes: 32 })).json();
    canaries.set('random', Buffer.from(random.Plaintext as string, 'base64'));
    const kept = plant('kept in the vault').toString();
    await native(server, '/v1/ccms/create-secret', { Name: 'canary', SecretString: JSON.stringify({ key: kept }) });
    const read = (await native(server, '/v1/ccms/get-secret-value', { SecretId: 'canary' })).json();
    expect(read.SecretString).toContain(kept);
    const batch = { SecretIdList: ['canary'] };
    expect((await native(server, '/v1/ccms/batch-get-secret-value', batch)).text).toContain(kept);
    // Names of keys inside a value are part of it.
    const named = plant('name of a key').toString();
    const other = { SecretId: 'canary', SecretString: JSON.stringify({ [named]: 1 }) };
    await native(server, '/v1/ccms/put-secret-value', other);
    const versions = { SecretId: 'canary', From: { Ordinal: 1 }, To: { Ordinal: 2 } };
    expect((await native(server, '/v1/ccms/diff-secret-versions', versions)).text).toContain(named);
    const password = (await native(server, '/v1/ccms/get-random-password', { ExcludePunctuation: true })).json();
    canaries.set('random password', Buffer.from(password.RandomPassword as string));
    for (const [name, key] of await keysOfCertificates()) canaries.set(name, key);
    canaries.set('administrator', Buffer.from(server.admin.secretAccessKey));
    canaries.set('HSM PIN', readFileSync(join(server.dataFolder, 'hsm', 'pin')));
  });

  it('are found nowhere', async () => {
    const { raw: records } = await readStream(server);
    const where = new Map<string, string>([
      ['records', records.map((r) => r.Record).join('\n')],
      ['errors', errors.join('\n')],
    ]);
    await server.terminate();
    where.set('output of the processes', server.output());
    for (const path of files(server.dataFolder)) {
      // The administrator's own files, and the PIN file itself, hold their secret on purpose.
      if (path.includes('/bootstrap/') || path.endsWith('/hsm/pin')) continue;
      where.set(path, readFileSync(path).toString('latin1'));
    }
    const hits: string[] = [];
    for (const [name, secret] of canaries)
      for (const form of forms(secret))
        for (const [place, text] of where) if (text.includes(form)) hits.push(`${name} in ${place}`);
    expect(canaries.size).toBeGreaterThan(8);
    expect(where.size).toBeGreaterThan(6);
    expect(hits).toEqual([]);
  });

  it('would be found: the scan sees a secret that is there', () => {
    const secret = Buffer.from('canary-control-0123456789');
    const encoded = Buffer.concat([Buffer.from('x'), secret, Buffer.from('yy')]).toString('base64');
    expect(forms(secret).some((form) => encoded.includes(form))).toBe(true);
  });
});
