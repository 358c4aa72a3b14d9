/** Reads what stands for one record in the log: the bytes that are hashed in the chain of its account. */

const LABEL = 'parapet/audit/chain/v1';
const HASH_BYTES = 32;

export interface Entry {
  /** Empty: the record of a caller without an account. */
  accountId: string;
  /** In the chain of the account, from 1. */
  sequence: number;
  /** Hexadecimal. */
  previousHash: string;
  record: string;
}

/** Undefined: the bytes are no entry. */
export function parseEntry(bytes: Buffer): Entry | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const [label, account, number, previous, record] = parts;
  if (parts.length !== 5 || label?.toString('latin1') !== LABEL || number?.length !== 8) return undefined;
  const sequence = Number(number.readBigUInt64BE());
  if (!Number.isSafeInteger(sequence) || sequence < 1 || previous?.length !== HASH_BYTES) return undefined;
  return {
    accountId: (account as Buffer).toString('utf8'),
    sequence,
    previousHash: previous.toString('hex'),
    record: (record as Buffer).toString('utf8'),
  };
}

/** What a verifier takes out of the text of a record. */
export interface RecordFacts {
  eventId: string;
  accountId: string;
  /** Milliseconds; 0: the record says none. */
  time: number;
  /** Whoever wrote it: a process and service from one start on. Empty: the record says none. */
  boot: string;
  /** The how many-th record of that boot it is, from 1. */
  number: number;
  /** Set in the records that writers write about themselves. */
  report?: WriterReport;
}

export interface WriterReport {
  state: 'Started' | 'Alive' | 'Stopped';
  /** How far earlier boots had come, as their service knows. */
  before: readonly { boot: string; last: number }[];
  /** Numbers whose records never came to be, since their transactions failed. */
  voids: readonly { first: number; last: number }[];
}

/** The name of the records that writers write about themselves. */
export const WRITER_REPORT = 'ReportWriter';

/** Undefined: the text is no record. */
export function readRecord(text: string): RecordFacts | undefined {
  let value: Loose;
  try {
    value = JSON.parse(text) as Loose;
  } catch {
    return undefined;
  }
  if (typeof value?.eventID !== 'string') return undefined;
  const accountId = value.recipientAccountId ?? '';
  if (typeof accountId !== 'string') return undefined;
  const x = (value.x ?? {}) as { boot?: unknown; wseq?: unknown };
  const report = value.eventName === WRITER_REPORT ? readReport(value.requestParameters) : undefined;
  return {
    eventId: value.eventID,
    accountId,
    time: Date.parse(String(value.eventTime)) || 0,
    boot: typeof x.boot === 'string' ? x.boot : '',
    number: Number.isSafeInteger(x.wseq) ? (x.wseq as number) : 0,
    ...(report && { report }),
  };
}

type Loose = Readonly<Record<string, unknown>> | null;

function readReport(input: unknown): WriterReport | undefined {
  const { State, Before, Void } = (input ?? {}) as Record<string, unknown>;
  if (State !== 'Started' && State !== 'Alive' && State !== 'Stopped') return undefined;
  return {
    state: State,
    before: listOf(Before).flatMap(({ Boot, Last }) =>
      typeof Boot === 'string' && isNumber(Last) ? [{ boot: Boot, last: Last }] : [],
    ),
    voids: listOf(Void).flatMap(({ First, Last }) =>
      isNumber(First) && isNumber(Last) && First <= Last ? [{ first: First, last: Last }] : [],
    ),
  };
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
