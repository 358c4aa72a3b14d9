/** What an ACME client signs (RFC 8555 6.2): flattened JWS by the key of its account, which stays in the HSM. */
import { createHmac } from 'node:crypto';

export interface AccountSigner {
  /** Public, P-256, members in the order of RFC 7638. */
  jwk: { crv: string; kty: string; x: string; y: string };
  /** ES256: 64 bytes. */
  sign(message: Buffer): Promise<Buffer>;
}

export interface Addressed {
  url: string;
  nonce: string;
  /** The URL of the account; absent: the key itself names it. */
  kid?: string | undefined;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param payload undefined: a POST that only reads */
export async function signedMessage(signer: AccountSigner, to: Addressed, payload: unknown): Promise<string> {
  const { url, nonce, kid } = to;
  const header = encoded({ alg: 'ES256', nonce, url, ...(kid === undefined ? { jwk: signer.jwk } : { kid }) });
  const body = payload === undefined ? '' : encoded(payload);
  const signature = await signer.sign(Buffer.from(`${header}.${body}`, 'ascii'));
  return JSON.stringify({ protected: header, payload: body, signature: signature.toString('base64url') });
}

/** Proof that whoever has the account of the CA wants this key for it (RFC 8555 7.3.4). */
export function externalAccountBinding(signer: AccountSigner, url: string, binding: { keyId: string; secret: Buffer }) {
  const header = encoded({ alg: 'HS256', kid: binding.keyId, url });
  const payload = encoded(signer.jwk);
  const signature = createHmac('sha256', binding.secret).update(`${header}.${payload}`, 'ascii').digest('base64url');
  return { protected: header, payload, signature };
}
