/**
 * What a witness does (C2SP tlog-witness): it cosigns a checkpoint only when the log has signed it and proves that it
 * continues the one that the witness cosigned before. Pure: whoever calls keeps what was cosigned.
 */
import { type Checkpoint, type NoteKey, readCheckpoint, readNote, verdictBy } from './note.ts';
import { HASH_BYTES, isConsistent } from './tree.ts';

/** Media type of the answer 409, whose body is the size that the witness knows. */
export const SIZE_MEDIA_TYPE = 'text/x.tlog.size';

const MAX_PROOF = 63;

export interface AddCheckpoint {
  /** What the log believes the witness has. */
  oldSize: number;
  proof: readonly Buffer[];
  /** The signed note. */
  note: string;
}

export function writeAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;
}

/** Undefined: the body is no such request. */
export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  const end = body.indexOf('\n\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const [, size] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const oldSize = Number(size);
  if (size === undefined || !Number.isSafeInteger(oldSize) || lines.length > MAX_PROOF) return undefined;
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  const isExact = proof.every((hash, at) => hash.length === HASH_BYTES && hash.toString('base64') === lines[at]);
  return isExact ? { oldSize, proof, note: body.slice(end + 2) } : undefined;
}

export type WitnessVerdict =
  /** May be cosigned, once it is kept. `text` is what is signed. */
  | { status: 200; checkpoint: Checkpoint; text: string }
  | { status: 400 | 403 | 404 | 422; reason: string }
  /** The log takes the witness for somewhere else. */
  | { status: 409; size: number };

/** `known`: what the witness cosigned last of the log of that name; undefined: nothing. */
export function judgeCheckpoint(
  { oldSize, proof, note }: AddCheckpoint,
  keys: readonly NoteKey[],
  known: (origin: string) => Checkpoint | undefined,
): WitnessVerdict {
  const read = readNote(note);
  const checkpoint = read && readCheckpoint(read.text);
  if (!read || !checkpoint) return { status: 400, reason: 'there is no checkpoint in the request' };
  const { origin, size, root } = checkpoint;
  const ofLog = keys.filter(({ name, kind }) => name === origin && kind === 'log');
  if (ofLog.length === 0) return { status: 404, reason: 'this witness does not know the log' };
  const verdicts = ofLog.map((key) => verdictBy(read, key).state);
  if (!verdicts.includes('signed') || verdicts.includes('invalid'))
    return { status: 403, reason: 'no key of the log has signed the checkpoint' };
  if (oldSize > size) return { status: 400, reason: 'the old size is beyond the checkpoint' };
  const last = known(origin);
  if (oldSize !== (last?.size ?? 0)) return { status: 409, size: last?.size ?? 0 };
  if (!last) {
    if (proof.length > 0) return { status: 422, reason: 'nothing is proven from size 0' };
    return { status: 200, checkpoint, text: read.text };
  }
  // Two roots of one size are two histories, which no proof can join.
  if (oldSize === size && !last.root.equals(root)) return { status: 409, size: last.size };
  if (!isConsistent(oldSize, size, last.root, root, proof))
    return { status: 422, reason: 'the proof does not lead from the last checkpoint to this one' };
  return { status: 200, checkpoint, text: read.text };
}
