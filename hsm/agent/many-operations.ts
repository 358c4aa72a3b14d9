/** Operations of the wire about many messages of one key; each row has its fields, and answers in its place. */
import type { OpenRequest, SealRandomRequest, SealRequest } from '../port.ts';
import { flagOf, type Operation } from './operation.ts';
import { OP, readU32 } from './wire.ts';

const NOTHING = Buffer.alloc(0);

function rowsOf<Row>(fields: Buffer[], size: number, read: (row: Buffer[]) => Row): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < fields.length; at += size) rows.push(read(fields.slice(at, at + size)));
  return rows;
}

const seal = ([header, aad, plaintext]: Buffer[]): SealRequest => ({
  header: header!,
  aad: aad!,
  plaintext: plaintext!,
});
const open = ([header, aad, sealed]: Buffer[]): OpenRequest => ({ header: header!, aad: aad!, sealed: sealed! });
const random = ([header, aad, bytes, shown]: Buffer[]): SealRandomRequest => ({
  header: header!,
  aad: aad!,
  bytes: readU32(bytes!),
  withPlaintext: flagOf(shown!),
});

/** 1 and the plaintext, or 0 for a message that does not verify. */
function verdictAnd(plaintext: Buffer | undefined): Buffer {
  const out = Buffer.alloc(1 + (plaintext?.length ?? 0));
  if (plaintext === undefined) return out;
  out[0] = 1;
  plaintext.copy(out, 1);
  plaintext.fill(0);
  return out;
}

export const MANY_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [
    OP.sealMany,
    {
      fields: 1,
      rows: 3,
      run: ([key, ...fields], state) => {
        const { custody } = state.ready();
        return rowsOf(fields, 3, seal).map((request) => custody.seal(key!, request));
      },
    },
  ],
  [
    OP.openMany,
    {
      fields: 1,
      rows: 3,
      run: ([key, ...fields], state) =>
        state
          .ready()
          .custody.openMany(key!, rowsOf(fields, 3, open))
          .map(verdictAnd),
    },
  ],
  [
    OP.sealRandomMany,
    {
      fields: 1,
      rows: 4,
      run: ([key, ...fields], state) => {
        const { custody } = state.ready();
        return rowsOf(fields, 4, random).flatMap((request) => {
          const { sealed, plaintext } = custody.sealRandom(key!, request);
          return [sealed, plaintext ?? NOTHING];
        });
      },
    },
  ],
];
