/**
 * Proves an archive in the layout of AWS CloudTrail from its files alone: every digest is signed by a key that is trusted
 * and continues the one before it without an hour left out, and every file that one lists is there as it was written.
 *
 * The signature of a digest is beside it, and in the digest after it. What it cannot know: digests that were cut off at
 * the end, which the age of the newest one tells.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import { SPKI_PREFIX } from '../note.ts';

export const DIGEST_EXIT_OF = {
  /** A digest cannot be read, or lies where another belongs. */
  digest: 2,
  /** A file is another one. */
  file: 2,
  /** A digest does not continue the one before it. */
  chain: 2,
  /** No key that is trusted has signed it. */
  signature: 3,
  /** A digest or a file is not there. */
  missing: 4,
  /** The newest digest is not young enough. */
  stale: 5,
} as const;

export type DigestFault = keyof typeof DIGEST_EXIT_OF;

export interface DigestReport {
  ok: boolean;
  reason?: DigestFault;
  /** The digest or file it is about. */
  where?: string;
  /** Of each export that writes into the archive: from when to when digests tell of it. */
  exports: { name: string; from: string; to: string; digests: number; files: number }[];
}

export interface Archive {
  /** Paths of the digests, in any order. */
  digests: readonly string[];
  /** Uncompressed; undefined: there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** What the archive says beside a digest about its signature, hexadecimal. */
  signature(path: string): Promise<string | undefined>;
  /** Raw Ed25519, 32 bytes: whoever of these signs is trusted. */
  keys: readonly Buffer[];
  /** Milliseconds: digests that ended before need not be there, nor what they list. */
  since?: number;
  /** The newest digest of every export may be this old. */
  youngerThan?: { ms: number; now: number };
  progress?(digests: number, of: number): void;
}

class Fault extends Error {
  readonly reason: DigestFault;
  readonly where: string;

  constructor(reason: DigestFault, where: string) {
    super(`${reason}: ${where}`);
    this.reason = reason;
    this.where = where;
  }
}

/** Never throws for what it finds; errors of `read` pass through. */
export async function verifyDigests(archive: Archive): Promise<DigestReport> {
  const exports: DigestReport['exports'] = [];
  let done = 0;
  try {
    for (const [name, paths] of byExport(archive.digests)) {
      const chain = { name, from: '', to: '', digests: 0, files: 0 };
      exports.push(chain);
      await verifyChain(archive, paths, chain, () => archive.progress?.(++done, archive.digests.length));
    }
    if (exports.length === 0) throw new Fault('missing', 'digests');
    return { ok: true, exports };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ok: false, reason: error.reason, where: error.where, exports };
  }
}

/** Names of digests are the same up to their time, which sorts. */
function byExport(paths: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of [...paths].sort((a, b) => (timeIn(a) < timeIn(b) ? -1 : 1))) {
    const name = path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('_'));
    const chain = `${path.slice(0, path.indexOf('/CloudTrail-Digest/'))}/${name}`;
    found.set(chain, [...(found.get(chain) ?? []), path]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function timeIn(path: string): string {
  return path.slice(path.lastIndexOf('_') + 1);
}

interface Verified {
  path: string;
  sha256: string;
  signature: string;
  endsAt: string;
}

async function verifyChain(
  archive: Archive,
  paths: readonly string[],
  chain: DigestReport['exports'][number],
  progress: () => void,
): Promise<void> {
  const { since = 0, youngerThan } = archive;
  const digests: { path: string; bytes: Buffer; digest: Digest }[] = [];
  for (const path of paths) {
    const bytes = await archive.read(path);
    if (!bytes) throw new Fault('missing', path);
    const digest = readDigest(bytes);
    if (!digest || digest.path !== path) throw new Fault('digest', path);
    if (Date.parse(digest.endsAt) >= since) digests.push({ path, bytes, digest });
  }
  let before: Verified | undefined;
  for (const [at, { path, bytes, digest }] of digests.entries()) {
    continues(path, digest, before, since);
    const sha256 = hash('sha256', bytes, 'hex');
    // The digest after it repeats what lies beside it, and does not get lost on the way out of a bucket.
    const signature = (await archive.signature(path)) ?? digests[at + 1]?.digest.previous?.signature ?? '';
    const statement = [digest.endsAt, `${digest.bucket}/${path}`, sha256, digest.previous?.signature ?? 'null'];
    if (!isSigned(statement.join('\n'), signature, archive.keys)) throw new Fault('signature', path);
    for (const file of digest.files) {
      const content = await archive.read(file.path);
      if (!content) throw new Fault('missing', file.path);
      if (hash('sha256', content, 'hex') !== file.sha256) throw new Fault('file', file.path);
      chain.files++;
    }
    before = { path, sha256, signature, endsAt: digest.endsAt };
    chain.from ||= digest.startsAt;
    Object.assign(chain, { to: digest.endsAt, digests: chain.digests + 1 });
    progress();
  }
  if (youngerThan && youngerThan.now - (Date.parse(chain.to) || 0) > youngerThan.ms)
    throw new Fault('stale', chain.name);
}

/** That nothing is between a digest and the one before it, which is not there for the first one. */
function continues(path: string, digest: Digest, before: Verified | undefined, since: number): void {
  const { previous } = digest;
  if (!before) {
    const isBeginning = previous === undefined || Date.parse(digest.startsAt) < since;
    if (!isBeginning) throw new Fault('missing', previous.path);
    return;
  }
  if (previous === undefined) throw new Fault('chain', path);
  if (previous.path !== before.path) throw new Fault('missing', previous.path);
  const isSame = previous.sha256 === before.sha256 && previous.signature === before.signature;
  if (!isSame || digest.startsAt !== before.endsAt) throw new Fault('chain', path);
}

function isSigned(statement: string, signature: string, keys: readonly Buffer[]): boolean {
  if (!/^[0-9a-f]{128}$/.test(signature)) return false;
  return keys.some((raw) => {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(statement), key, Buffer.from(signature, 'hex'));
  });
}

interface Digest {
  path: string;
  bucket: string;
  /** As they are written: `2026-01-02T03:00:00Z`. */
  startsAt: string;
  endsAt: string;
  previous?: { path: string; sha256: string; signature: string };
  files: { path: string; sha256: string }[];
}

/** Undefined: the bytes are no digest. */
function readDigest(bytes: Buffer): Digest | undefined {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const {
    digestS3Object: path,
    digestS3Bucket: bucket,
    digestStartTime: startsAt,
    digestEndTime: endsAt,
  } = value ?? {};
  const previousPath = value?.previousDigestS3Object ?? undefined;
  const [sha256, signature] = [value?.previousDigestHashValue, value?.previousDigestSignature];
  if (!isText(path) || !isText(bucket) || !isTime(startsAt) || !isTime(endsAt)) return undefined;
  if (previousPath !== undefined && !(isText(previousPath) && isText(sha256) && isText(signature))) return undefined;
  if (!Array.isArray(value?.logFiles)) return undefined;
  const files = (value.logFiles as ({ s3Object?: unknown; hashValue?: unknown } | null)[]).map((file) => {
    const { s3Object, hashValue } = file ?? {};
    return isText(s3Object) && isText(hashValue) ? { path: s3Object, sha256: hashValue } : undefined;
  });
  if (!files.every((file) => file !== undefined)) return undefined;
  const previous = previousPath && { path: previousPath, sha256: sha256 as string, signature: signature as string };
  return { path, bucket, startsAt, endsAt, files, ...(previous && { previous }) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTime(value: unknown): value is string {
  return isText(value) && !Number.isNaN(Date.parse(value));
}
