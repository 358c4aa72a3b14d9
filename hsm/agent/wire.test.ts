import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HSM_LIMITS, HsmError } from '../port.ts';
import { decodeError, encodeError, encodeFrame, type Frame, FrameReader, joinAndWipe, ProtocolError } from './wire.ts';

const blob = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
const request = fc.record({
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  op: fc.integer({ min: 0, max: 255 }),
  fields: fc.array(blob, { maxLength: 5 }),
});

/** What a reader sees of these chunks, copied at once (views are only good inside the callback). */
function readAll(chunks: Buffer[]): Omit<Frame, 'bytes'>[] {
  const reader = new FrameReader();
  const seen: Omit<Frame, 'bytes'>[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk, ({ id, op, fields }) =>
      seen.push({ id, op, fields: fields.map((field) => Buffer.from(field)) }),
    );
  }
  return seen;
}

describe('wire', () => {
  it('reads back what was written, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 40 })), (requests, cuts) => {
        const stream = Buffer.concat(requests.map(({ id, op, fields }) => encodeFrame(id, op, fields)));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = cuts[turn] ?? stream.length;
          chunks.push(Buffer.from(stream.subarray(at, at + size)));
          at += size;
        }
        expect(readAll(chunks)).toEqual(requests);
      }),
    );
  });

  it('answers arbitrary bytes with frames or a protocol error, nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        try {
          readAll(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it.each([
    ['a frame longer than the limit', 'ffffffff'],
    ['one byte over the limit', Buffer.from([0, 0x10, 0, 0]).toString('hex')],
    ['a frame too short for its header', '00000004' + '00000001'],
    ['a field that runs out of the frame', '0000000b' + '00000001' + '01' + '00000005' + 'aabb'],
    ['a field length that is cut off', '00000007' + '00000001' + '01' + '0000'],
  ])('refuses %s', (_, bytes) => {
    expect(() => readAll([Buffer.from(bytes, 'hex')])).toThrow(ProtocolError);
  });

  it('refuses to write a frame over the limit', () => {
    expect(() => encodeFrame(1, 1, [Buffer.alloc(HSM_LIMITS.frame)])).toThrow(HsmError);
  });

  it('carries every error with its hint', () => {
    for (const code of ['unavailable', 'integrity', 'not-found', 'invalid', 'overloaded'] as const) {
      const sent = new HsmError(code, 'token is away', { hint: 'bring it back' });
      new FrameReader().feed(encodeError(7, sent), (frame) => {
        expect(decodeError(frame)).toMatchObject({ code, message: 'token is away', hint: 'bring it back' });
      });
    }
  });

  it('joins buffers for one write and wipes the parts', () => {
    const parts = [Buffer.from('secret'), Buffer.from('s')];
    expect(joinAndWipe(parts).toString()).toBe('secrets');
    expect(parts.every((part) => part.every((byte) => byte === 0))).toBe(true);
  });
});
