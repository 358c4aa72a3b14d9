/**
 * The hash chain of one account's records. Guarantees: a record that is changed, removed, inserted, moved to another
 * place or moved to another account does not verify. Does not protect against somebody who can rewrite the whole
 * chain and every remembered head: that needs a signed checkpoint outside of the database.
 *
 * hash(n) = SHA-256(lp("parapet/audit/chain/v1") lp(account) lp(u64 n) lp(hash(n-1)) lp(record))
 * where lp(x) is the length of x in bytes as big-endian u32, then x; hash(0) is 32 zero bytes; record is UTF-8.
 */
import { hash as digest } from 'node:crypto';

const LABEL = 'parapet/audit/chain/v1';
const HASH_BYTES = 32;
const HASH_TEXT = /^[0-9a-f]{64}$/;

/** Hashes are lower-case hexadecimal outside of the hash function. */
export const GENESIS_HASH = '0'.repeat(2 * HASH_BYTES);

/** The last record of a stream; sequence 0 and the genesis hash for a stream without records. */
export interface StreamPosition {
  sequence: number;
  hash: string;
}

export const GENESIS: StreamPosition = { sequence: 0, hash: GENESIS_HASH };

/**
 * What is hashed of one record, and what stands for it in the Merkle log. `sequence` is a safe integer from 1,
 * `previousHash` 64 hexadecimal characters.
 */
export function recordEntry(accountId: string, sequence: number, previousHash: string, record: string): Buffer {
  const account = Buffer.byteLength(accountId, 'utf8');
  const text = Buffer.byteLength(record, 'utf8');
  const out = Buffer.allocUnsafe(20 + LABEL.length + account + 8 + HASH_BYTES + text);
  let at = out.writeUInt32BE(LABEL.length, 0);
  at += out.write(LABEL, at, 'latin1');
  at = out.writeUInt32BE(account, at);
  at += out.write(accountId, at, 'utf8');
  at = out.writeUInt32BE(8, at);
  at = out.writeUInt32BE(Math.floor(sequence / 0x1_0000_0000), at);
  at = out.writeUInt32BE(sequence % 0x1_0000_0000, at);
  at = out.writeUInt32BE(HASH_BYTES, at);
  at += out.write(previousHash, at, HASH_BYTES, 'hex');
  at = out.writeUInt32BE(text, at);
  out.write(record, at, 'utf8');
  return out;
}

/** The hash of one record. */
export function recordHash(accountId: string, sequence: number, previousHash: string, record: string): string {
  return entryHash(recordEntry(accountId, sequence, previousHash, record));
}

export function entryHash(entry: Buffer): string {
  return digest('sha256', entry, 'hex');
}

export interface ChainedRecord {
  sequence: number;
  record: string;
  previousHash: string;
  hash: string;
}

export type ChainFault =
  /** The numbers do not follow each other: a record was removed, inserted or moved. */
  | 'sequence'
  /** The record does not continue the one before it. */
  | 'previous-hash'
  /** The text or the account is not what was hashed. */
  | 'hash'
  /** The event id occurred before. */
  | 'duplicate'
  /** The text is not a record of this account. */
  | 'record';

/** Checks records one after the other. After a fault the verifier is of no further use. */
export class ChainVerifier {
  private readonly accountId: string;
  private readonly seen = new Set<string>();
  private position: StreamPosition;

  /** `after`: the position that was verified before; default: the beginning of the stream. */
  constructor(accountId: string, after: StreamPosition = GENESIS) {
    this.accountId = accountId;
    this.position = after;
  }

  get head(): StreamPosition {
    return this.position;
  }

  check(next: ChainedRecord): ChainFault | undefined {
    if (next.sequence !== this.position.sequence + 1) return 'sequence';
    if (next.previousHash !== this.position.hash) return 'previous-hash';
    if (!HASH_TEXT.test(next.hash)) return 'hash';
    if (recordHash(this.accountId, next.sequence, this.position.hash, next.record) !== next.hash) return 'hash';
    const identity = recordIdentity(next.record);
    if (identity === undefined || identity.accountId !== this.accountId) return 'record';
    if (this.seen.has(identity.eventId)) return 'duplicate';
    this.seen.add(identity.eventId);
    this.position = { sequence: next.sequence, hash: next.hash };
    return undefined;
  }
}

/** What the text itself says it is; undefined when it is not a record. */
export function recordIdentity(record: string): { eventId: string; accountId: string } | undefined {
  try {
    const value = JSON.parse(record) as { eventID?: unknown; recipientAccountId?: unknown } | null;
    if (typeof value?.eventID !== 'string') return undefined;
    const account = value.recipientAccountId ?? '';
    return typeof account === 'string' ? { eventId: value.eventID, accountId: account } : undefined;
  } catch {
    return undefined;
  }
}
