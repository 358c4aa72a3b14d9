/** Whether the log in a backup is the one that was signed: every leaf once, and the root that the checkpoint names. */
import { type NoteKey, parseVerifier, readCheckpoint, readNote, verdictBy } from '../tlog/note.ts';
import { RootBuilder } from '../tlog/verify-log.ts';
import type { LogHead } from './format/manifest.ts';

export interface LogFinding {
  /** What is wrong; undefined: nothing. */
  fault?: string;
  /** Records in the log, and how many of them are signed. */
  size: number;
  signed: number;
  /** Whose signature was looked at; `none`: no key is known. */
  signature: 'valid' | 'none';
}

type Leaves = Iterable<Leaf> | AsyncIterable<Leaf>;
interface Leaf {
  position: number;
  leaf: Buffer;
}

/** Leaves that a dump has out of their order wait for those before them; more than this is no dump of ours. */
const MOST_WAITING = 1_000_000;

/** `trusted`: keys that the operator names; without them those of the backup itself. */
export async function checkLog(leaves: Leaves, head: LogHead, trusted: readonly NoteKey[]): Promise<LogFinding> {
  const note = head.checkpoint === undefined ? undefined : readNote(head.checkpoint);
  const signed = note && readCheckpoint(note.text);
  const finding = { size: 0, signed: signed?.size ?? 0, signature: 'none' as LogFinding['signature'] };
  if (head.checkpoint !== undefined && !signed) return { ...finding, fault: 'its checkpoint cannot be read' };
  if (note && signed) {
    const named = trusted.length > 0 ? trusted : head.verifierKeys.flatMap((text) => parseVerifier(text) ?? []);
    const verdicts = named.filter(({ name }) => name === signed.origin).map((key) => verdictBy(note, key).state);
    if (verdicts.includes('invalid') || (trusted.length > 0 && !verdicts.includes('signed')))
      return { ...finding, fault: 'its checkpoint is not signed by a known key' };
    if (verdicts.includes('signed')) finding.signature = 'valid';
  }
  const tree = new RootBuilder();
  const waiting = new Map<number, Buffer>();
  let isRoot = signed === undefined || signed.size === 0;
  const add = (leaf: Buffer) => {
    tree.add(leaf);
    if (tree.size === signed?.size) isRoot = tree.root().equals(signed.root);
  };
  for await (const { position, leaf } of leaves) {
    if (position === tree.size) add(leaf);
    else if (waiting.size < MOST_WAITING && position > tree.size) waiting.set(position, leaf);
    else return { ...finding, size: tree.size, fault: `leaf ${position} is out of place` };
    for (let next = waiting.get(tree.size); next; next = waiting.get(tree.size)) {
      waiting.delete(tree.size);
      add(next);
    }
  }
  const size = tree.size;
  if (waiting.size > 0 || size !== head.size)
    return { ...finding, size, fault: `it has ${size} records without a gap, and should have ${head.size}` };
  if (!isRoot) return { ...finding, size, fault: 'its records are not those that were signed' };
  return { ...finding, size };
}
