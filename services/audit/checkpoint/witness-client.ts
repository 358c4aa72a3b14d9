/** Asks a witness to cosign (C2SP tlog-witness), over HTTP. What comes back is believed only if the witness signed it. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type NoteKey, readNote, verdictBy } from '../../../tlog/note.ts';
import { type AddCheckpoint, SIZE_MEDIA_TYPE, writeAddCheckpoint } from '../../../tlog/witness.ts';

export interface WitnessAddress {
  key: NoteKey;
  /** `add-checkpoint` is below it. */
  url: string;
}

export type WitnessAnswer =
  | { kind: 'cosigned'; line: string }
  /** It cosigned another size last. */
  | { kind: 'elsewhere'; size: number }
  /** It looked at the proof and does not believe it. */
  | { kind: 'refused' }
  /** It cannot be asked, or does not know us. */
  | { kind: 'unusable'; reason: string };

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Never throws. `text` is what the note says. */
export async function askWitness(witness: WitnessAddress, asked: AddCheckpoint, text: string): Promise<WitnessAnswer> {
  let answer: { status: number; mediaType: string; body: string };
  try {
    answer = await post(new URL('add-checkpoint', ensureSlash(witness.url)), writeAddCheckpoint(asked));
  } catch (error) {
    return { kind: 'unusable', reason: error instanceof Error ? error.message : 'unknown' };
  }
  const { status, mediaType, body } = answer;
  if (status === 422) return { kind: 'refused' };
  if (status === 409) {
    const size = /^(0|[1-9]\d{0,15})\n$/.test(body) && mediaType === SIZE_MEDIA_TYPE ? Number(body) : Number.NaN;
    return Number.isSafeInteger(size)
      ? { kind: 'elsewhere', size }
      : { kind: 'unusable', reason: 'it told no size with its 409' };
  }
  if (status !== 200) return { kind: 'unusable', reason: `it answered ${status}` };
  const note = readNote(`${text}\n${body}`);
  if (!note || verdictBy(note, witness.key).state !== 'signed')
    return { kind: 'unusable', reason: 'what it answered is not its cosignature' };
  const { name } = witness.key;
  // A witness answers for itself only.
  const line = body.split('\n').find((one) => one.startsWith(`\u2014 ${name} `));
  return note.signatures.length === 1 && line !== undefined
    ? { kind: 'cosigned', line: `${line}\n` }
    : { kind: 'unusable', reason: 'it answered more than its cosignature' };
}

function ensureSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function post(url: URL, body: string): Promise<{ status: number; mediaType: string; body: string }> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) };
    const outgoing = send(url, { method: 'POST', headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) outgoing.destroy(new Error('its answer is too long'));
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const mediaType = incoming.headers['content-type']?.split(';', 1)[0]?.trim() ?? '';
        resolve({ status: incoming.statusCode ?? 0, mediaType, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const deadline = setTimeout(() => outgoing.destroy(new Error('it did not answer in time')), TIMEOUT_MS);
    outgoing.once('close', () => clearTimeout(deadline));
    outgoing.on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)));
    outgoing.end(body);
  });
}
