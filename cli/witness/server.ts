/** `add-checkpoint` of C2SP tlog-witness over HTTP. Judging, keeping and signing are one turn: nobody comes between. */
import type { FrontAnswer, FrontRequest } from '../../platform/http/server.ts';
import { type NoteKey, verifierText } from '../../tlog/note.ts';
import { judgeCheckpoint, parseAddCheckpoint, SIZE_MEDIA_TYPE } from '../../tlog/witness.ts';
import type { WitnessState } from './state.ts';

export interface WitnessOptions {
  state: WitnessState;
  /** Keys of the logs that are witnessed. */
  keys: readonly NoteKey[];
  now(): number;
  onVerdict(text: string): void;
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };
const MAX_BODY_BYTES = 128 * 1024;

export function createWitness({ state, keys, now, onVerdict }: WitnessOptions) {
  return (request: FrontRequest): FrontAnswer => {
    const said = (status: number, body: string): FrontAnswer => ({ status, headers: TEXT, body: `${body}\n` });
    if (request.path === '/key' && request.method === 'GET') return said(200, verifierText(state.key));
    if (request.path !== '/add-checkpoint') return said(404, 'POST /add-checkpoint is what is here');
    if (request.method !== 'POST') return said(405, 'use POST');
    if (request.body.length > MAX_BODY_BYTES) return said(413, 'the request is too long');
    const added = parseAddCheckpoint(request.body.toString('utf8'));
    if (!added) return said(400, 'this is no request to add a checkpoint');
    const verdict = judgeCheckpoint(added, keys, (origin) => state.last(origin));
    if (verdict.status === 409) {
      onVerdict(`refused: the log says ${added.oldSize}, ${verdict.size} was cosigned`);
      return { status: 409, headers: { 'content-type': SIZE_MEDIA_TYPE }, body: `${verdict.size}\n` };
    }
    if (verdict.status !== 200) {
      onVerdict(`refused with ${verdict.status}: ${verdict.reason}`);
      return said(verdict.status, verdict.reason);
    }
    const { checkpoint, text } = verdict;
    const line = state.cosign(checkpoint, text, Math.floor(now() / 1000));
    onVerdict(`cosigned ${checkpoint.origin} at ${checkpoint.size}`);
    return { status: 200, headers: TEXT, body: line };
  };
}
