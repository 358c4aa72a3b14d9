import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as der from './der.ts';

const hex = (bytes: Buffer) => bytes.toString('hex');

describe('DER writer', () => {
  it.each<[string, Buffer, string]>([
    ['zero', der.integer(0), '020100'],
    ['127', der.integer(127), '02017f'],
    ['128 with a sign byte', der.integer(128), '02020080'],
    ['an integer with leading zeros', der.integer(Buffer.from('000001', 'hex')), '020101'],
    ['a high integer', der.integer(Buffer.from('ff01', 'hex')), '020300ff01'],
    ['true', der.boolean(true), '0101ff'],
    ['null', der.nullValue(), '0500'],
    ['ecdsa-with-SHA256', der.oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    ['subjectAltName', der.oid('2.5.29.17'), '0603551d11'],
    ['2.999', der.oid('2.999'), '06028837'],
    ['keyCertSign and cRLSign', der.namedBits(5, 6), '03020106'],
    ['digitalSignature', der.namedBits(0), '03020780'],
    ['decipherOnly', der.namedBits(8), '0303070080'],
    ['UTCTime', der.time(Date.UTC(2049, 11, 31, 23, 59, 59)), hex(Buffer.from('\x17\x0d491231235959Z', 'latin1'))],
    ['GeneralizedTime', der.time(Date.UTC(2050, 0, 1)), hex(Buffer.from('\x18\x0f20500101000000Z', 'latin1'))],
    ['a set in order', der.setOf(der.integer(2), der.integer(1)), '3106020101020102'],
    ['a tagged value', der.contextPrimitive(2, Buffer.from('a')), '820161'],
  ])('encodes %s', (_title, bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  it('writes minimal lengths', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000), (length) => {
        const bytes = der.octetString(Buffer.alloc(length));
        const first = bytes[1] as number;
        const count = first < 0x80 ? 0 : first & 0x7f;
        const read = count === 0 ? first : bytes.readUIntBE(2, count);
        expect(read).toBe(length);
        expect(bytes.length).toBe(2 + count + length);
        if (count > 0) expect(read).toBeGreaterThanOrEqual(count === 1 ? 128 : 256 ** (count - 1));
      }),
    );
  });

  it.each(['', '1', '3.1', '1.40', '1.2.x', '1.2.-1', '1.2.0.5e-1'])('refuses the object identifier %j', (text) => {
    expect(() => der.oid(text)).toThrow(/malformed/);
  });
});
