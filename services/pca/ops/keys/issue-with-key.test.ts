/** Certificates with keys that are made here, with openssl as the judge. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import type { IssueCertificateWithKey } from '../../api/keys/issue-with-key.ts';
import { CERTIFICATE_KEY_ALGORITHMS } from '../../api/keys/shapes.ts';
import { readPkcs12 } from '../../domain/pkcs12/read.ts';
import { endReservations } from '../../jobs/end-reservations.ts';
import { document, OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, makeSubordinate, refused, template, Workplace } from '../../testing/hierarchy.ts';

type Input = InputOf<typeof IssueCertificateWithKey>;
const SECRET = 'correct horse battery';
/** A fresh one: who gets it zeroes it. */
const passphrase = (text = SECRET) => Buffer.from(text);

describe.each([
  ['sqlite', undefined],
  ['postgres', postgresMissing()],
] as const)('on %s', (engine, missing) => {
  let server: PostgresServer | undefined;
  let pca: PcaHarness;
  let admin: PcaClient;
  let root: string;
  let issuing: string;
  const openssl = new Workplace();

  beforeAll(async () => {
    if (missing) return;
    if (engine === 'postgres') server = await startPostgres();
    pca = await PcaHarness.open(server ? { url: await server.database() } : {});
    admin = pca.user('admin');
    root = await makeRoot(admin);
    issuing = await makeSubordinate(admin, root);
  }, 60_000);
  afterAll(async () => {
    openssl.close();
    await pca?.close();
    await server?.stop();
  });

  const order = (more: Partial<Input> = {}): Input => ({
    CertificateAuthorityArn: issuing,
    KeyAlgorithm: 'EC_prime256v1',
    Subject: { CommonName: 'www.example.com' },
    SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
    Validity: { Type: 'DAYS', Value: 90 },
    KeyFormat: 'PEM',
    ...more,
  });
  const of = (CertificateArn: string) => ({ CertificateAuthorityArn: issuing, CertificateArn });
  const kept = () => pca.store.read.selectFrom('certificate_key').selectAll().execute();
  const rows = (state: 'reserved' | 'issued' | 'failed') =>
    pca.store.read.selectFrom('certificate').selectAll().where('state', '=', state).execute();
  const isKeyOf = (pem: Buffer | string, certificate: string) =>
    createPublicKey(createPrivateKey(pem)).equals(new X509Certificate(certificate).publicKey);

  describe.skipIf(missing)('a certificate with its key', () => {
    it.each(CERTIFICATE_KEY_ALGORITHMS)(
      'has one of %s, and openssl verifies it',
      { timeout: 60_000 },
      async (KeyAlgorithm) => {
        const made = await admin.IssueCertificateWithKey(order({ KeyAlgorithm }));
        expect(isKeyOf(made.PrivateKey, made.Certificate)).toBe(true);
        const { Certificate } = await admin.GetCertificateAuthorityCertificate({ CertificateAuthorityArn: root });
        const args = ['-purpose', 'sslserver', '-verify_hostname', 'www.example.com'];
        const at = Math.floor(pca.kms.now / 1000);
        expect(openssl.verify(made.Certificate, made.CertificateChain ?? '', Certificate, at, ...args)).toBe('OK');
        const row = (await rows('issued')).find(({ serial }) => made.CertificateArn.endsWith(serial));
        expect(row?.requested_by).toContain(':user/admin');
        // What is answered is what GetCertificate answers.
        expect(await admin.GetCertificate(of(made.CertificateArn))).toEqual({
          Certificate: made.Certificate,
          CertificateChain: made.CertificateChain,
        });
      },
    );

    it('comes as PKCS #12 and as encrypted PKCS #8', async () => {
      const { KeyFormat, ...plain } = order();
      const store = await admin.IssueCertificateWithKey({ ...plain, Passphrase: passphrase() });
      const read = await readPkcs12(store.PrivateKey, passphrase());
      expect(read.certificates).toHaveLength(3);
      expect(read.friendlyName).toBe('www.example.com');
      expect(read.certificates[0]).toEqual(new X509Certificate(store.Certificate).raw);
      const shrouded = await admin.IssueCertificateWithKey(
        order({ KeyFormat: 'ENCRYPTED_PEM', Passphrase: passphrase() }),
      );
      expect(shrouded.PrivateKey.toString()).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      const opened = openssl.openssl('pkey', '-in', openssl.file(shrouded.PrivateKey), '-passin', `pass:${SECRET}`);
      expect(isKeyOf(opened, shrouded.Certificate)).toBe(true);
    });

    it('zeroes the password that came with the request', async () => {
      const Passphrase = passphrase();
      await admin.IssueCertificateWithKey(order({ KeyFormat: 'PKCS12', Passphrase }));
      expect(Passphrase.every((byte) => byte === 0)).toBe(true);
    });

    it('keeps nothing that was not asked to be kept', async () => {
      const before = (await kept()).length;
      const made = await admin.IssueCertificateWithKey(order());
      expect(await kept()).toHaveLength(before);
      await expect(admin.ExportPrivateKey({ ...of(made.CertificateArn), KeyFormat: 'PEM' })).rejects.toMatchObject(
        refused('NotFound', 'is not kept'),
      );
    });

    it.each<[string, () => Partial<Input>, string, string]>([
      [
        'a password that is short',
        () => ({ KeyFormat: 'PKCS12', Passphrase: passphrase('short') }),
        'InvalidArgs',
        'shorter',
      ],
      ['PKCS #12 without a password', () => ({ KeyFormat: 'PKCS12' }), 'InvalidArgs', 'needs a password'],
      ['a password for a key in the clear', () => ({ Passphrase: passphrase() }), 'InvalidArgs', 'has no password'],
      [
        'a certificate of an authority',
        () => ({ TemplateArn: template('SubordinateCACertificate_PathLen0') }),
        'InvalidArgs',
        'made in the HSM',
      ],
      ['an algorithm of another family', () => ({ SigningAlgorithm: 'SHA256WITHRSA' }), 'InvalidArgs', 'cannot sign'],
      ['a name that is none', () => ({ SubjectAlternativeNames: [{ DnsName: 'a b' }] }), 'InvalidArgs', ''],
      ['no name at all', () => ({ Subject: undefined, SubjectAlternativeNames: undefined }), 'InvalidArgs', ''],
      [
        'a validity that is too long',
        () => ({ Validity: { Type: 'DAYS', Value: 500 }, KeepKey: true }),
        'InvalidArgs',
        '398 days',
      ],
    ])('is refused for %s, and nothing is kept', async (_what, more, code, message) => {
      const before = { keys: await kept(), issued: (await rows('issued')).length };
      await expect(admin.IssueCertificateWithKey(order(more()))).rejects.toMatchObject(refused(code, message));
      expect(await kept()).toEqual(before.keys);
      expect(await rows('issued')).toHaveLength(before.issued);
    });

    it('is refused by an authority that is disabled', async () => {
      const own = await makeSubordinate(admin, root, 'to be disabled');
      await admin.UpdateCertificateAuthority({ CertificateAuthorityArn: own, Status: 'DISABLED' });
      await expect(admin.IssueCertificateWithKey(order({ CertificateAuthorityArn: own }))).rejects.toMatchObject(
        refused('InvalidState'),
      );
    });
  });

  describe.skipIf(missing)('who may', () => {
    const allow = (...Action: string[]) => ({ Effect: 'Allow', Action, Resource: '*' });
    const withKey = 'acm-pca:IssueCertificateWithKey';
    const user = (name: string, ...statements: object[]) => pca.user(name, JSON.parse(document(...statements)));

    it('needs the right to issue as well', async () => {
      await expect(user('a', allow(withKey)).IssueCertificateWithKey(order())).rejects.toMatchObject(
        refused('AccessDenied'),
      );
      const both = user('b', allow(withKey, 'acm-pca:IssueCertificate'));
      expect((await both.IssueCertificateWithKey(order())).CertificateArn).toContain('/certificate/');
      await expect(user('c', allow('acm-pca:IssueCertificate')).IssueCertificateWithKey(order())).rejects.toMatchObject(
        refused('AccessDenied'),
      );
    });

    it.each<[string, object, boolean]>([
      ['names under a domain', { 'ForAllValues:StringLike': { 'acm-pca:SanDns': '*.example.com' } }, true],
      ['names under another', { 'ForAllValues:StringLike': { 'acm-pca:SanDns': '*.example.org' } }, false],
      ['the size of the key', { NumericEquals: { 'acm-pca:KeyBits': '256' } }, true],
      ['another size', { NumericEquals: { 'acm-pca:KeyBits': '384' } }, false],
      ['RSA', { StringEquals: { 'acm-pca:KeyType': 'RSA' } }, false],
    ])('is decided by %s', async (name, Condition, isAllowed) => {
      const who = user(`by ${name}`, { ...allow('acm-pca:*'), Condition });
      const asked = who.IssueCertificateWithKey(order());
      if (isAllowed) expect((await asked).CertificateArn).toContain('/certificate/');
      else await expect(asked).rejects.toMatchObject(refused('AccessDenied'));
    });

    it('is bound by what denies issuing', async () => {
      const Condition = { StringEquals: { 'acm-pca:SubjectCN': 'www.example.com' } };
      const denied = user('denied', allow('acm-pca:*'), {
        ...allow(),
        Effect: 'Deny',
        Action: 'acm-pca:IssueCertificate',
        Condition,
      });
      await expect(denied.IssueCertificateWithKey(order())).rejects.toMatchObject(refused('AccessDenied'));
    });

    it('makes us make no key before that is known', async () => {
      const { make } = pca.deps.newKeys;
      let made = 0;
      pca.deps.newKeys.make = (...args) => {
        made++;
        return make.apply(pca.deps.newKeys, args);
      };
      await expect(
        user('d', allow(withKey)).IssueCertificateWithKey(order({ KeyAlgorithm: 'RSA_4096' })),
      ).rejects.toThrow();
      expect(made).toBe(0);
      pca.deps.newKeys.make = make;
    });

    it('exports the certificate does not export the key, and the second factor can be required', async () => {
      const { CertificateArn } = await admin.IssueCertificateWithKey(order({ KeepKey: true }));
      const reader = user('reader', allow('acm-pca:DownloadCertificate'));
      expect((await reader.DownloadCertificate({ CertificateArn })).Content.toString()).toContain('BEGIN CERTIFICATE');
      const asked = { ...of(CertificateArn), KeyFormat: 'PEM' as const };
      await expect(reader.ExportPrivateKey(asked)).rejects.toMatchObject(refused('AccessDenied'));
      const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
      const second = user('second', { ...allow('acm-pca:ExportPrivateKey'), Condition });
      await expect(second.ExportPrivateKey(asked)).rejects.toMatchObject(refused('AccessDenied'));
      const exporter = user('exporter', allow('acm-pca:ExportPrivateKey'));
      expect((await exporter.ExportPrivateKey(asked)).PrivateKey.toString()).toContain('BEGIN PRIVATE KEY');
    });

    it('is in another account sees nothing, and has no keys kept where somebody shares an authority', async () => {
      const { CertificateArn } = await admin.IssueCertificateWithKey(order({ KeepKey: true }));
      const stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
      for (const ask of [
        () => stranger.ExportPrivateKey({ ...of(CertificateArn), KeyFormat: 'PEM' }),
        () => stranger.DownloadCertificate({ CertificateArn }),
        () => stranger.DeleteCertificateKey(of(CertificateArn)),
        () => stranger.IssueCertificateWithKey(order()),
      ])
        await expect(ask()).rejects.toMatchObject(refused('AccessDenied'));
      const shared = await makeSubordinate(admin, root, 'shared');
      const Principal = { AWS: OTHER_ACCOUNT };
      await admin.PutPolicy({
        ResourceArn: shared,
        Policy: document({ Effect: 'Allow', Principal, Action: ['acm-pca:IssueCertificate', withKey], Resource: '*' }),
      });
      const asked = order({ CertificateAuthorityArn: shared });
      expect((await stranger.IssueCertificateWithKey(asked)).CertificateArn).toContain(shared);
      await expect(stranger.IssueCertificateWithKey({ ...asked, KeepKey: true })).rejects.toMatchObject(
        refused('InvalidArgs', 'for the account of the authority only'),
      );
    });
  });

  describe.skipIf(missing)('a token that is repeated', () => {
    it('answers the certificate with its key, under the password of now, where the key was kept', async () => {
      const asked = (text: string) =>
        order({ KeepKey: true, IdempotencyToken: 'kept', KeyFormat: 'PKCS12', Passphrase: passphrase(text) });
      const first = await admin.IssueCertificateWithKey(asked('the first password'));
      const before = (await rows('issued')).length;
      const second = await admin.IssueCertificateWithKey(asked('the second password'));
      expect(second).toMatchObject({ CertificateArn: first.CertificateArn, Certificate: first.Certificate });
      const [a, b] = await Promise.all([
        readPkcs12(first.PrivateKey, passphrase('the first password')),
        readPkcs12(second.PrivateKey, passphrase('the second password')),
      ]);
      expect(b).toEqual(a);
      expect(await rows('issued')).toHaveLength(before);
      expect(await kept()).toHaveLength(new Set((await kept()).map((row) => row.certificate_arn)).size);
    });

    it('says which certificate there is, where the key was not kept', async () => {
      const asked = order({ IdempotencyToken: 'not kept' });
      const { CertificateArn } = await admin.IssueCertificateWithKey(asked);
      const before = (await rows('issued')).length;
      await expect(admin.IssueCertificateWithKey(asked)).rejects.toMatchObject(
        refused('RequestAlreadyProcessed', CertificateArn),
      );
      expect(await rows('issued')).toHaveLength(before);
    });

    it('is refused with another input', async () => {
      await admin.IssueCertificateWithKey(order({ IdempotencyToken: 'other' }));
      const other = order({ IdempotencyToken: 'other', KeyAlgorithm: 'EC_secp384r1' });
      await expect(admin.IssueCertificateWithKey(other)).rejects.toMatchObject(refused('InvalidArgs', 'token'));
    });

    it('gives twins one certificate, and leaves no key of the slower one', async () => {
      const asked = order({ KeepKey: true, IdempotencyToken: 'twins' });
      const before = { issued: (await rows('issued')).length, keys: (await kept()).length };
      const twins = await Promise.allSettled([
        admin.IssueCertificateWithKey(asked),
        admin.IssueCertificateWithKey(asked),
      ]);
      for (const twin of twins)
        if (twin.status === 'rejected') expect(twin.reason).toMatchObject(refused('RequestInProgress'));
      expect(twins.some(({ status }) => status === 'fulfilled')).toBe(true);
      expect(await rows('issued')).toHaveLength(before.issued + 1);
      expect(await kept()).toHaveLength(before.keys + 1);
      expect(await rows('reserved')).toEqual([]);
    });
  });

  describe.skipIf(missing)('when something fails', () => {
    it('is the key gone with the certificate that was never signed', async () => {
      const before = await kept();
      const sign = pca.deps.hsm.signWith;
      pca.deps.hsm.signWith = async () => Buffer.alloc(70);
      await expect(admin.IssueCertificateWithKey(order({ KeepKey: true }))).rejects.toMatchObject(refused('Internal'));
      pca.deps.hsm.signWith = sign;
      expect(await kept()).toEqual(before);
    });

    it('was the key stored before anything was signed, and the job ends both when the process ended', async () => {
      const before = await kept();
      const sign = pca.deps.hsm.signWith;
      let atSigning: Awaited<ReturnType<typeof kept>> = [];
      const transaction = pca.deps.store.transaction;
      pca.deps.hsm.signWith = async () => {
        atSigning = await kept();
        // As if the process had ended here: nothing can be tidied up.
        pca.deps.store.transaction = async () => {
          throw new Error('ended');
        };
        throw new Error('ended');
      };
      await expect(admin.IssueCertificateWithKey(order({ KeepKey: true }))).rejects.toThrow();
      pca.deps.hsm.signWith = sign;
      pca.deps.store.transaction = transaction;
      expect(atSigning).toHaveLength(before.length + 1);
      expect(await kept()).toEqual(atSigning);
      const [row] = (await rows('reserved')).filter(({ serial }) =>
        atSigning.some((key) => key.certificate_arn.endsWith(serial)),
      );
      const CertificateArn = `${issuing}/certificate/${row!.serial}`;
      await expect(admin.ExportPrivateKey({ ...of(CertificateArn), KeyFormat: 'PEM' })).rejects.toMatchObject(
        refused('NotFound'),
      );
      pca.kms.advance(11 * 60_000);
      await endReservations.run(pca.deps);
      expect(await kept()).toEqual(before);
      await expect(admin.ExportPrivateKey({ ...of(CertificateArn), KeyFormat: 'PEM' })).rejects.toMatchObject(
        refused('NotFound'),
      );
    });

    it('stays the key of a certificate whose commit only seemed to have failed', async () => {
      const before = (await rows('issued')).length;
      const sign = pca.deps.hsm.signWith;
      const transaction = pca.deps.store.transaction;
      pca.deps.hsm.signWith = async (...args) => {
        pca.deps.store.transaction = (async (...work: Parameters<typeof transaction>) => {
          pca.deps.store.transaction = transaction;
          await transaction.apply(pca.deps.store, work);
          throw new Error('the connection is lost');
        }) as typeof transaction;
        return sign.apply(pca.deps.hsm, args);
      };
      const asked = order({ KeepKey: true, IdempotencyToken: 'lost answer' });
      const [lost] = await Promise.allSettled([admin.IssueCertificateWithKey(asked)]);
      pca.deps.hsm.signWith = sign;
      expect(lost).toMatchObject({ status: 'rejected' });
      expect(await rows('issued')).toHaveLength(before + 1);
      const again = await admin.IssueCertificateWithKey(asked);
      expect(isKeyOf(again.PrivateKey, again.Certificate)).toBe(true);
      expect(await rows('issued')).toHaveLength(before + 1);
    });
  });
});
