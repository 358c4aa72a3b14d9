/**
 * Grant tokens: a grant id that this installation says it issued, different each time. They permit nothing by
 * themselves: grants count at once on every node, so a token only has to be genuine.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const VERSION = 1;
const ID_BYTES = 32;
const NONCE_BYTES = 16;
const BODY_BYTES = 1 + ID_BYTES + NONCE_BYTES;
const MAC_BYTES = 32;

export class GrantTokens {
  private readonly key: Buffer;

  /** `key`: 32 bytes from the HSM, the same on every node. */
  constructor(key: Buffer) {
    this.key = key;
  }

  issue(grantId: string): string {
    const body = Buffer.concat([Buffer.of(VERSION), Buffer.from(grantId, 'hex'), randomBytes(NONCE_BYTES)]);
    return Buffer.concat([body, this.mac(body)]).toString('base64url');
  }

  /** The id of the grant, or undefined for a token that was not issued here. */
  read(token: string): string | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== BODY_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
    const body = bytes.subarray(0, BODY_BYTES);
    if (!timingSafeEqual(this.mac(body), bytes.subarray(BODY_BYTES)) || body[0] !== VERSION) return undefined;
    return body.toString('hex', 1, 1 + ID_BYTES);
  }

  private mac(body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(body).digest();
  }
}
