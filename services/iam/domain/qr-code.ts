/**
 * QR codes (ISO/IEC 18004) for authenticator apps: bytes, error correction level L, versions 1 to 20, always mask 0. The
 * standard lets a reader decode any mask; choosing the prettiest one matters on paper, not on a screen.
 */
import { correctionBytes } from './reed-solomon.ts';

const MAX_VERSION = 20;
/** Level L, by version from 1: correction bytes of one block, and number of blocks. */
const CORRECTION = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
/** Level L with mask 0, protected and masked as the standard says (its table C.1). */
const FORMAT = 0x77c4;

/** Rows of dark (true) and light modules, without the quiet zone. Throws RangeError for a text that is too long. */
export function qrModules(text: string): boolean[][] {
  const bytes = Buffer.from(text, 'utf8');
  const version = versionFor(bytes.length);
  const symbol = new QrSymbol(version);
  symbol.drawPatterns();
  symbol.drawData(codewords(bytes, version));
  return symbol.rows;
}

function versionFor(length: number): number {
  for (let version = 1; version <= MAX_VERSION; version++) {
    if (length <= dataBytes(version) - (version < 10 ? 2 : 3)) return version;
  }
  throw new RangeError('text is too long for a QR code');
}

const sizeOf = (version: number) => 17 + 4 * version;

/** All bytes of a symbol, correction included: what its function patterns leave free. */
function allBytes(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    modules -= (25 * marks - 10) * marks - 55;
  }
  return Math.floor((version >= 7 ? modules - 36 : modules) / 8);
}

function dataBytes(version: number): number {
  return allBytes(version) - (CORRECTION[version - 1] as number) * (BLOCKS[version - 1] as number);
}

/** Header, text and padding, cut into blocks with correction, block after block woven together. */
function codewords(bytes: Buffer, version: number): Buffer {
  const capacity = dataBytes(version);
  const length = version < 10 ? [bytes.length] : [bytes.length >> 8, bytes.length & 255];
  // Mode 0100 takes half a byte, so everything after it is shifted by four bits.
  const unshifted = Buffer.from([...length, ...bytes, 0]);
  const data = Buffer.alloc(capacity);
  let carry = 0x40;
  unshifted.forEach((byte, i) => {
    if (i < capacity) data[i] = carry | (byte >> 4);
    carry = (byte & 15) << 4;
  });
  for (let i = unshifted.length, pad = 0xec; i < capacity; i++, pad ^= 0xec ^ 0x11) data[i] = pad;
  return weave(data, version);
}

function weave(data: Buffer, version: number): Buffer {
  const count = BLOCKS[version - 1] as number;
  const correction = CORRECTION[version - 1] as number;
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks: Buffer[] = [];
  for (let i = 0, from = 0; i < count; i++) {
    const end = from + short + (i >= count - longer ? 1 : 0);
    blocks.push(data.subarray(from, end));
    from = end;
  }
  const checks = blocks.map((block) => correctionBytes(block, correction));
  const out: number[] = [];
  for (let i = 0; i <= short; i++) for (const block of blocks) if (i < block.length) out.push(block[i] as number);
  for (let i = 0; i < correction; i++) for (const check of checks) out.push(check[i] as number);
  return Buffer.from(out);
}

class QrSymbol {
  readonly rows: boolean[][];
  private readonly fixed: boolean[][];
  private readonly size: number;
  private readonly version: number;

  constructor(version: number) {
    this.version = version;
    this.size = sizeOf(version);
    const blank = () => Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    this.rows = blank();
    this.fixed = blank();
  }

  private set(x: number, y: number, dark: boolean): void {
    (this.rows[y] as boolean[])[x] = dark;
    (this.fixed[y] as boolean[])[x] = true;
  }

  drawPatterns(): void {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [
      [3, 3],
      [size - 4, 3],
      [3, size - 4],
    ] as const)
      this.drawFinder(x, y);
    this.drawAlignment();
    this.drawFormat();
    if (this.version >= 7) this.drawVersion();
  }

  private drawFinder(cx: number, cy: number): void {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const [x, y] = [cx + dx, cy + dy];
        if (x < 0 || y < 0 || x >= this.size || y >= this.size) continue;
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        this.set(x, y, ring !== 2 && ring !== 4);
      }
    }
  }

  private drawAlignment(): void {
    const at = this.alignmentPositions();
    const last = at.length - 1;
    at.forEach((cy, i) => {
      at.forEach((cx, j) => {
        // Three corners hold finders.
        if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
        for (let dy = -2; dy <= 2; dy++)
          for (let dx = -2; dx <= 2; dx++) this.set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
      });
    });
  }

  private alignmentPositions(): number[] {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.ceil((this.version * 4 + 4) / (count * 2 - 2)) * 2;
    const from = this.size - 7;
    return [6, ...Array.from({ length: count - 1 }, (_, i) => from - (count - 2 - i) * step)];
  }

  private drawFormat(): void {
    const { size } = this;
    const bit = (i: number) => ((FORMAT >>> i) & 1) !== 0;
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.set(8, size - 15 + i, bit(i));
    this.set(8, size - 8, true);
  }

  private drawVersion(): void {
    let rest = this.version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const dark = ((bits >>> i) & 1) !== 0;
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.set(a, b, dark);
      this.set(b, a, dark);
    }
  }

  /** Column pairs from the right, up and down in turn, around the fixed patterns; mask 0 on the way. */
  drawData(data: Buffer): void {
    const { size } = this;
    let i = 0;
    for (let right = size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const upward = ((right + 1) & 2) === 0;
      for (let step = 0; step < size; step++) {
        const y = upward ? size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if ((this.fixed[y] as boolean[])[x]) continue;
          const bit = i < data.length * 8 && (((data[i >>> 3] as number) >>> (7 - (i & 7))) & 1) !== 0;
          i++;
          (this.rows[y] as boolean[])[x] = bit !== ((x + y) % 2 === 0);
        }
      }
    }
  }
}
