/** A QR code as a PNG (RFC 2083): one grey byte per pixel, which compresses to about a kilobyte. */
import { crc32, deflateSync } from 'node:zlib';
import { qrModules } from './qr-code.ts';

const PIXELS_PER_MODULE = 5;
/** ISO/IEC 18004: four light modules around the symbol. */
const QUIET = 4;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function qrPng(text: string): Buffer {
  const modules = qrModules(text);
  const side = (modules.length + 2 * QUIET) * PIXELS_PER_MODULE;
  const stride = side + 1;
  const pixels = Buffer.alloc(side * stride, 0xff);
  for (let y = 0; y < side; y++) {
    pixels[y * stride] = 0;
    const row = modules[Math.floor(y / PIXELS_PER_MODULE) - QUIET];
    if (!row) continue;
    for (let x = 0; x < side; x++) if (row[Math.floor(x / PIXELS_PER_MODULE) - QUIET]) pixels[y * stride + 1 + x] = 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const data = deflateSync(pixels);
  pixels.fill(0);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body) >>> 0);
  return Buffer.concat([length, body, check]);
}
