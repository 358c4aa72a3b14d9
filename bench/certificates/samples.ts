/**
 * Certificates of a large installation by their number: rows as this service writes them, with the bytes of a certificate
 * in which number, host, key and dates are put. What they are follows from the number alone, so that they are found again.
 */
import { createHash } from 'node:crypto';
import type { CertificateRow, Unsealed } from '../../services/pca/domain/rows.ts';
import { nameKeys } from '../../services/pca/domain/search/name-key.ts';
import { readCertificate, serialText } from '../../services/pca/domain/x509/certificate.ts';
import { publicKeyHash } from '../../services/pca/domain/x509/public-key.ts';
import type { PcaClient } from '../../services/pca/testing/harness.ts';
import { makeRequests } from '../pca/requests.ts';

export const FIRST_MOMENT = Date.UTC(2025, 0, 1);
const DAY = 86_400_000;
const DOMAINS = 9_973;

export const hostOf = (at: number) => `host-${String(at).padStart(8, '0')}.${domainOf(at)}`;
export const domainOf = (at: number) => `domain-${String(at % DOMAINS).padStart(4, '0')}.example.com`;
export const serialOf = (at: number) => `3a${digest('serial', at).subarray(0, 17).toString('hex')}`;
export const keyHashOf = (at: number, spki: Buffer) => publicKeyHash(withKey(spki, at));
const digest = (what: string, at: number) => createHash('sha256').update(`${what} ${at}`).digest();

export interface Sample {
  row: Unsealed<CertificateRow>;
  spki: Buffer;
  /** Of the host in the row and its certificate. */
  host: string;
}

/** A genuine certificate of the authority, whose bytes all others are made from; answers its serial number. */
export async function issueSample(pca: PcaClient, authority: string): Promise<string> {
  const host = hostOf(0);
  const [Csr] = makeRequests(1, () => host);
  const { CertificateArn } = await pca.IssueCertificate({
    CertificateAuthorityArn: authority,
    Csr: Csr!,
    SigningAlgorithm: 'SHA256WITHECDSA',
    Validity: { Type: 'DAYS', Value: 90 },
  });
  return CertificateArn.split('/').at(-1)!;
}

export function sampleOf(row: CertificateRow): Sample {
  return { row, spki: readCertificate(row.certificate!).publicKey, host: hostOf(0) };
}

/** One a millisecond; they expire within 400 days of each other. */
export function certificateNumber(sample: Sample, at: number): { row: Unsealed<CertificateRow>; names: string[] } {
  const serial = serialOf(at);
  const patch = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    const put = (old: Buffer, fresh: Buffer) => {
      for (let from = copy.indexOf(old); from >= 0; from = copy.indexOf(old, from + old.length)) fresh.copy(copy, from);
    };
    put(Buffer.from(sample.row.serial, 'hex'), Buffer.from(serial, 'hex'));
    put(Buffer.from(sample.host), Buffer.from(hostOf(at)));
    put(sample.spki, withKey(sample.spki, at));
    return copy;
  };
  const certificate = patch(sample.row.certificate!);
  const row = {
    ...sample.row,
    serial,
    tbs: patch(sample.row.tbs),
    certificate,
    not_after: sample.row.not_after + (at % 400) * DAY,
    subject_hash: digest('subject', at).toString('hex'),
    public_key_hash: keyHashOf(at, sample.spki),
    created_at: FIRST_MOMENT + at,
  };
  return { row, names: [`com.example.${domainOf(at).split('.')[0]}.host-${String(at).padStart(8, '0')}.`] };
}

/** Whether what is put together is what the service would have read out of a certificate. */
export function requireReadable(sample: Sample, at: number): void {
  const { row, names } = certificateNumber(sample, at);
  const certificate = readCertificate(row.certificate!);
  const isSame = nameKeys(certificate).join() === names.join() && serialText(certificate.serial) === row.serial;
  if (!isSame || publicKeyHash(certificate.publicKey) !== row.public_key_hash)
    throw new Error(`certificate ${at} is not what its row says`);
}

function withKey(spki: Buffer, at: number): Buffer {
  const point = Buffer.concat([digest('x', at), digest('y', at)]);
  return Buffer.concat([spki.subarray(0, spki.length - point.length), point]);
}
