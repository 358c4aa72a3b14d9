/** Calls about many rows, cut into frames; what they send is in `many-operations.ts`. */
import { encodeKeyRef } from '../custody/key-encoding.ts';
import { HSM_LIMITS, type Hsm, HsmError, SEAL_OVERHEAD } from '../port.ts';
import { NONE } from './pair-client.ts';
import { OP, u32 } from './wire.ts';

/** Rows per frame: the agent must not be held for longer than a few milliseconds by one. */
const BATCH_ROWS = 256;
const BATCH_BYTES = 512 * 1024;

type Ask = (op: number, fields: () => Buffer[]) => Promise<Buffer[]>;

export function manyCalls(ask: Ask): Pick<Hsm, 'sealMany' | 'openMany' | 'sealRandomMany'> {
  return {
    async sealMany(key, requests) {
      const parts = batches(requests, ({ header, aad, plaintext }) => header.length + aad.length + plaintext.length);
      const answers = await Promise.all(
        parts.map((part) =>
          ask(OP.sealMany, () => [
            encodeKeyRef(key),
            ...part.flatMap(({ header, aad, plaintext }) => [header, aad, plaintext]),
          ]),
        ),
      );
      return answers.flat();
    },
    async openMany(key, requests) {
      const parts = batches(requests, ({ header, aad, sealed }) => header.length + aad.length + sealed.length);
      const answers = await Promise.all(
        parts.map((part) =>
          ask(OP.openMany, () => [
            encodeKeyRef(key),
            ...part.flatMap(({ header, aad, sealed }) => [header, aad, sealed]),
          ]),
        ),
      );
      return answers.flat().map((answer) => (answer[0] === 1 ? answer.subarray(1) : undefined));
    },
    async sealRandomMany(key, requests) {
      const parts = batches(
        requests,
        ({ header, aad, bytes }) => header.length + aad.length + 2 * bytes + SEAL_OVERHEAD,
      );
      const answers = await Promise.all(
        parts.map((part) =>
          ask(OP.sealRandomMany, () => [
            encodeKeyRef(key),
            ...part.flatMap(({ header, aad, bytes, withPlaintext }) => [
              header,
              aad,
              u32(bytes),
              withPlaintext ? YES : NONE,
            ]),
          ]),
        ),
      );
      const fields = answers.flat();
      return requests.map(({ withPlaintext }, index) => {
        const [sealed, plaintext] = [fields[2 * index], fields[2 * index + 1]];
        if (sealed === undefined || plaintext === undefined)
          throw new HsmError('unavailable', 'HSM agent gave a short answer');
        return withPlaintext ? { sealed, plaintext } : { sealed };
      });
    },
  };
}

const YES = Buffer.alloc(1, 1);

export function batches<T>(rows: readonly T[], size: (row: T) => number): T[][] {
  if (rows.length > HSM_LIMITS.batch) throw new HsmError('invalid', `batch is longer than ${HSM_LIMITS.batch} rows`);
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (part.length === BATCH_ROWS || (part.length > 0 && bytes + size(row) > BATCH_BYTES)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += size(row);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
