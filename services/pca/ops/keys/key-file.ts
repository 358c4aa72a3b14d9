/** A private key as the file that somebody asked for. */
import type { z } from 'zod';
import { toPem } from '../../../../platform/contract/der.ts';
import type { CertificateWithKey, KEY_FORMATS } from '../../api/keys/shapes.ts';
import { newPassphraseProblem } from '../../domain/pkcs12/passphrase.ts';
import { encryptPrivateKey } from '../../domain/pkcs12/pbes2.ts';
import { writePkcs12 } from '../../domain/pkcs12/write.ts';
import { type Certificate, readCertificate, serialText } from '../../domain/x509/certificate.ts';
import { generalNameText } from '../../domain/x509/general-name.ts';
import { valuesOf } from '../../domain/x509/name.ts';
import { ATTRIBUTE } from '../../domain/x509/oids.ts';
import type { AnyCall } from '../authority-access.ts';
import { certificatePem, chainPem } from '../read-authorities.ts';

export interface WantedFile {
  KeyFormat?: (typeof KEY_FORMATS)[number] | undefined;
  Passphrase?: Buffer | undefined;
}

/** The certificate of the key. */
export interface OfKey {
  arn: string;
  certificate: Buffer;
  /** From the issuer to the root. */
  chain: readonly Certificate[];
}

const formatOf = ({ KeyFormat = 'PKCS12' }: WantedFile) => KeyFormat;

/** Throws when the password does not suit the format. */
export function requireFile(call: AnyCall, wanted: WantedFile): void {
  const { Passphrase } = wanted;
  const format = formatOf(wanted);
  if (format === 'PEM') {
    if (Passphrase)
      throw call.fail('InvalidArgs', 'a key in format PEM has no password', { hint: 'ENCRYPTED_PEM has one' });
    return;
  }
  const problem = Passphrase ? newPassphraseProblem(Passphrase) : `format ${format} needs a password`;
  if (problem !== undefined) throw call.fail('InvalidArgs', problem, { hint: 'Passphrase is base64 of UTF-8' });
}

/** What an operation answers that gives the key out. The caller has required what `requireFile` does. */
export async function answer(
  of: OfKey,
  pkcs8: Buffer,
  wanted: WantedFile,
): Promise<z.output<typeof CertificateWithKey>> {
  const { arn, certificate, chain } = of;
  return {
    CertificateArn: arn,
    Certificate: certificatePem(certificate),
    ...chainPem(chain),
    PrivateKey: await keyFile(of, pkcs8, wanted),
  };
}

async function keyFile({ certificate, chain }: OfKey, key: Buffer, wanted: WantedFile): Promise<Buffer> {
  const { Passphrase: passphrase = Buffer.alloc(0) } = wanted;
  switch (formatOf(wanted)) {
    case 'PEM':
      // SECURITY: as text it stays in memory until that is collected; so does the answer that it is for.
      return Buffer.from(toPem('PRIVATE KEY', key));
    case 'ENCRYPTED_PEM':
      return Buffer.from(toPem('ENCRYPTED PRIVATE KEY', await encryptPrivateKey(key, passphrase)));
    case 'PKCS12': {
      const above = chain.map(({ bytes }) => bytes);
      const certificates = [certificate, ...above] as [Buffer, ...Buffer[]];
      return writePkcs12({ key, certificates, friendlyName: friendlyName(certificate) }, passphrase);
    }
  }
}

function friendlyName(bytes: Buffer): string {
  const { subject, serial, facts } = readCertificate(bytes);
  const [name] = facts.subjectAltNames ?? [];
  return valuesOf(subject, ATTRIBUTE.commonName)[0] ?? (name ? generalNameText(name) : serialText(serial));
}
