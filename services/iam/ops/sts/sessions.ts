/**
 * The token and the secret of temporary credentials. No secret is stored: it is derived inside the HSM from the key id,
 * so the token that travels holds none. The token proves that the session was made here and in which account; what the
 * session may do stands in its row, so a token has the same small size whatever policies and tags the session has.
 */
import { HsmError, type HsmPublicKey, SESSION_SIGN_KEY } from '../../../../hsm/port.ts';
import { jwksDocument, type SessionPublicKey, type SessionSigner } from '../../../../platform/authn/session/keys.ts';
import { openSessionToken, sealSessionToken, type TokenSeal } from '../../../../platform/authn/session/token.ts';
import type { IamDeps } from '../../deps.ts';
import { lengthPrefixed, SECRET_LENGTH } from '../../domain/access-key-format.ts';
import { tenantKey } from '../tenant-key.ts';

const ACCOUNT_LENGTH = 12;
const SECRET_LABEL = 'iam/session-secret/v1';

/**
 * The token of an account is sealed under the account's key. The account id stands before the sealed bytes, because it
 * selects the key; it is authenticated by opening under that key.
 */
function tokenSeal(deps: IamDeps, accountId: string): TokenSeal {
  return {
    async seal(plaintext, aad) {
      const sealed = await deps.hsm.sealSecret(await tenantKey(deps, accountId), aad, plaintext);
      return Buffer.concat([Buffer.from(accountId, 'latin1'), sealed]);
    },
    async open(bytes, aad) {
      const named = bytes.toString('latin1', 0, ACCOUNT_LENGTH);
      if (!/^\d{12}$/.test(named)) return undefined;
      try {
        return await deps.hsm.openSecret(await tenantKey(deps, named), aad, bytes.subarray(ACCOUNT_LENGTH));
      } catch (error) {
        if (error instanceof HsmError && (error.code === 'integrity' || error.code === 'invalid')) return undefined;
        throw error;
      }
    },
  };
}

/** 40 ASCII bytes, always the same for one key id. Zeroise them. */
export async function sessionSecret(deps: IamDeps, accessKeyId: string): Promise<Buffer> {
  const mac = await deps.hsm.mac(SECRET_LABEL, lengthPrefixed(accessKeyId));
  const text = Buffer.alloc(SECRET_LENGTH);
  // 30 bytes are 40 characters of base64 without padding: the form of every other secret.
  text.write(mac.toString('base64', 0, 30), 'latin1');
  mac.fill(0);
  return text;
}

export interface SessionClaims {
  accountId: string;
  /** Whole seconds, in milliseconds. */
  expiresAt: number;
}

export function sealSession(deps: IamDeps, accessKeyId: string, claims: SessionClaims): Promise<string> {
  const { accountId, expiresAt } = claims;
  return sealSessionToken(tokenSeal(deps, accountId), accessKeyId, { accountId, exp: expiresAt / 1000 });
}

/** `invalid` for anything that is not a token of this key id, made by this installation. */
export async function openSession(
  deps: IamDeps,
  accessKeyId: string,
  token: string,
  now: number,
): Promise<SessionClaims | 'invalid' | 'expired'> {
  const opened = await openSessionToken(tokenSeal(deps, ''), accessKeyId, token, now);
  if (!opened.ok) return opened.code;
  const { accountId, exp } = opened.claims;
  return typeof accountId === 'string' ? { accountId, expiresAt: exp * 1000 } : 'invalid';
}

/**
 * Signs session tokens by the key of the token that is in service. Each token of a pair has a key of its own, and both
 * are published, so sessions verify whichever of them is lost.
 */
export class SessionSigning {
  private readonly hsm: IamDeps['hsm'];
  private known: Promise<HsmPublicKey> | undefined;

  constructor(hsm: IamDeps['hsm']) {
    this.hsm = hsm;
  }

  /** `use` runs again with the other key when that of the first time is away by now. */
  async withSigner<T>(use: (signer: SessionSigner) => Promise<T>): Promise<T> {
    try {
      return await use(await this.signer());
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
      this.known = undefined;
      return use(await this.signer());
    }
  }

  async jwks(): Promise<string> {
    return JSON.stringify(jwksDocument((await this.hsm.publicKeys(SESSION_SIGN_KEY)).map(sessionKey)));
  }

  private async signer(): Promise<SessionSigner> {
    this.known ??= this.hsm.publicKey(SESSION_SIGN_KEY);
    const key = await this.known;
    return { publicKey: sessionKey(key), sign: (data) => this.hsm.sign(SESSION_SIGN_KEY, data, key.keyId) };
  }
}

function sessionKey({ algorithm, spki, keyId }: HsmPublicKey): SessionPublicKey {
  return { algorithm: algorithm === 'Ed25519' ? 'EdDSA' : 'ES256', spki, keyId };
}
