/**
 * Serial numbers (spec pca 3.2): one byte of the node that signs, 0x01 to 0x7f, then 17 random ones. Positive as they
 * stand, always 18 octets, and two nodes with different bytes never draw the same. Random bytes come from outside.
 */
export const SERIAL_BYTES = 18;

export function serialNumber(prefix: number, random: Buffer): Buffer {
  return Buffer.concat([Buffer.of(prefix), random.subarray(0, SERIAL_BYTES - 1)]);
}

/** A byte of a node, from one random byte. */
export function serialPrefix(random: number): number {
  return 1 + (random % 0x7f);
}
