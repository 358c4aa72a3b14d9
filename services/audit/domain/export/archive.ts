/**
 * Files of an archive: the layout, names and digests of AWS CloudTrail. A file has one name and one content, whenever it is
 * written; a digest lists the files of an hour with their hashes and continues the digest before it.
 */
import { hash } from 'node:crypto';
import { lengthPrefixed } from '../../../../platform/contract/canonical-row.ts';

export interface ArchivePlace {
  region: string;
  /** Of an export of an organization. */
  organizationId?: string | undefined;
}

export interface ArchivedFile {
  path: string;
  sha256: string;
  oldest: number;
  newest: number;
}

export function archiveFileBytes(rendered: readonly string[]): Buffer {
  return Buffer.from(`{"Records":[${rendered.join(',')}]}`);
}

/** @param newest time of the last record in it, which dates it */
export function archiveFilePath(
  { region, organizationId }: ArchivePlace,
  file: { accountId: string; exportId: string; first: number; last: number; newest: number },
): string {
  const { accountId, exportId, first, last, newest } = file;
  const parts = [exportId, accountId, String(first), String(last)].map((part) => Buffer.from(part));
  const unique = hash('sha256', lengthPrefixed(parts), 'hex').slice(0, 16).toUpperCase();
  const name = `${accountId}_CloudTrail_${region}_${compact(newest).slice(0, 13)}Z_${unique}.json.gz`;
  return `${folderOf(accountId, organizationId)}/CloudTrail/${region}/${day(newest)}/${name}`;
}

export interface DigestContent extends ArchivePlace {
  accountId: string;
  exportName: string;
  /** Of the store. */
  bucket: string;
  startsAt: number;
  endsAt: number;
  files: readonly ArchivedFile[];
  previous: { path: string; sha256: string; signature: string } | undefined;
  key: { keyId: string; algorithm: 'Ed25519' | 'ES256' };
}

export function digestPath({ region, organizationId, accountId, exportName, endsAt }: DigestContent): string {
  const name = `${accountId}_CloudTrail-Digest_${region}_${exportName}_${region}_${compact(endsAt)}Z.json.gz`;
  return `${folderOf(accountId, organizationId)}/CloudTrail-Digest/${region}/${day(endsAt)}/${name}`;
}

export function digestBytes(digest: DigestContent): Buffer {
  const { accountId, bucket, files, previous, key } = digest;
  const oldest = files.length === 0 ? null : seconds(Math.min(...files.map((file) => file.oldest)));
  const newest = files.length === 0 ? null : seconds(Math.max(...files.map((file) => file.newest)));
  return Buffer.from(
    JSON.stringify({
      awsAccountId: accountId,
      digestStartTime: seconds(digest.startsAt),
      digestEndTime: seconds(digest.endsAt),
      digestS3Bucket: bucket,
      digestS3Object: digestPath(digest),
      digestPublicKeyFingerprint: key.keyId,
      digestSignatureAlgorithm: key.algorithm,
      newestEventTime: newest,
      oldestEventTime: oldest,
      previousDigestS3Bucket: previous ? bucket : null,
      previousDigestS3Object: previous?.path ?? null,
      previousDigestHashValue: previous?.sha256 ?? null,
      previousDigestHashAlgorithm: previous ? 'SHA-256' : null,
      previousDigestSignature: previous?.signature ?? null,
      logFiles: files.map((file) => ({
        s3Bucket: bucket,
        s3Object: file.path,
        hashValue: file.sha256,
        hashAlgorithm: 'SHA-256',
        newestEventTime: seconds(file.newest),
        oldestEventTime: seconds(file.oldest),
      })),
    }),
  );
}

/** What is signed: as CloudTrail has it, with the signature of the digest before. */
export function digestStatement(file: {
  endsAt: number;
  bucket: string;
  path: string;
  sha256: string;
  previousSignature: string | undefined;
}): Buffer {
  const { endsAt, bucket, path, sha256, previousSignature = 'null' } = file;
  return Buffer.from([seconds(endsAt), `${bucket}/${path}`, sha256, previousSignature].join('\n'));
}

function folderOf(accountId: string, organizationId: string | undefined): string {
  return ['AWSLogs', ...(organizationId === undefined ? [] : [organizationId]), accountId].join('/');
}

/** `2026-01-02T03:04:05Z`. */
function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** `20260102T030405`. */
function compact(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '');
}

/** `2026/01/02`. */
function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
}
