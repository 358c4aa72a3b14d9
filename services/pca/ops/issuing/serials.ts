import type { Hsm } from '../../../../hsm/port.ts';
import { SERIAL_BYTES, serialNumber, serialPrefix } from '../../domain/serial.ts';

const DRAWN = 512;

/** Serial numbers of this process, from the generator of the HSM; many are drawn at once. */
export class Serials {
  private readonly hsm: Hsm;
  private prefix: Promise<number> | undefined;
  private pool: Buffer[] = [];

  constructor(hsm: Hsm) {
    this.hsm = hsm;
  }

  async next(): Promise<Buffer> {
    this.prefix ??= this.hsm.random(1).then((byte) => serialPrefix(byte[0] as number));
    const prefix = await this.prefix.catch((error: unknown) => {
      // The HSM may be there the next time.
      this.prefix = undefined;
      throw error;
    });
    if (this.pool.length === 0) {
      const bytes = await this.hsm.random(DRAWN * (SERIAL_BYTES - 1));
      for (let at = 0; at < bytes.length; at += SERIAL_BYTES - 1)
        this.pool.push(serialNumber(prefix, bytes.subarray(at, at + SERIAL_BYTES - 1)));
    }
    return this.pool.pop() as Buffer;
  }
}
