/**
 * Page tokens: the position in a list, encrypted and authenticated, bound to account, operation and filters, so that
 * a token can neither be forged nor carried to another list or account. The key comes from the HSM, so every node of
 * a service reads the tokens of every other.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export interface PageScope {
  accountId: string;
  operation: string;
  /** Everything that selects what the list contains. */
  filters?: unknown;
}

export class PageTokens {
  private readonly key: Buffer;

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    this.key = key;
  }

  seal(scope: PageScope, position: unknown): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    cipher.setAAD(aad(scope));
    const body = Buffer.concat([cipher.update(JSON.stringify(position), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url');
  }

  /** The position, or undefined when the token was not made for this scope. */
  open<T>(scope: PageScope, token: string): T | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length < 29) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12));
      decipher.setAAD(aad(scope));
      decipher.setAuthTag(bytes.subarray(-16));
      const body = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return JSON.parse(body.toString('utf8')) as T;
    } catch {
      return undefined;
    }
  }
}

function aad(scope: PageScope): Buffer {
  const text = JSON.stringify([scope.accountId, scope.operation, scope.filters ?? null]);
  return createHash('sha256').update(text).digest();
}
